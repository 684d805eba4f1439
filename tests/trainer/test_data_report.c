// The line at a run's start that says what its data were taken for.
#include "tests/check.h"

#include "trainer/streams/data_report.h"

static void expect(const dataset_info *info, const char *text)
{
    char written[256];
    data_report_write(info, written, sizeof written);
    assert_string_equal(written, text);
}

static void data_are_described_in_one_line(void **state)
{
    (void)state;
    dataset_info info = {.count = 5000,
                         .channels = 3,
                         .height = 32,
                         .width = 48,
                         .axes = "NCHW",
                         .type = PIXEL_U16,
                         .labelled = true,
                         .classes = 10};
    expect(&info, "5000 images of 32 x 48 pixels, 3 channels, uint16 (axes NCHW), 10 classes");
    info = (dataset_info){
        .count = 1, .channels = 1, .height = 9, .width = 8, .axes = "HW", .type = PIXEL_F32};
    expect(&info, "1 image of 9 x 8 pixels, 1 channel, float32 (axes HW), no labels");
    info.kind = NUMBER_F16;
    expect(&info,
           "1 image of 9 x 8 pixels, 1 channel, float16 read as float32 (axes HW), no labels");
    info = (dataset_info){
        .count = 2, .varied = true, .channels = 3, .height = 9, .width = 8, .labelled = true};
    info.classes = 1;
    expect(&info, "2 images of up to 9 x 8 pixels, 3 channels, JPEG, PNG or TIFF, 1 class");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(data_are_described_in_one_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
