// A folder of images: how it is laid out, which class and split each image has, and what is
// ignored.
#include "tests/check.h"

#include "io/packing/image_source.h"
#include "tests/io/image_folder.h"

#include <string.h>
#include <unistd.h>

static test_folder folder; // of one test

static int make_folder(void **state)
{
    (void)state;
    return test_folder_create(&folder);
}

static int remove_folder(void **state)
{
    (void)state;
    status_clear();
    return image_folder_remove(&folder);
}

// Empty files; names that end in a slash are folders. NULL-ended.
static void make(const char *const *names)
{
    for (; *names != NULL; names++)
        if ((*names)[strlen(*names) - 1] == '/')
            image_folder_class(&folder, *names);
        else
            test_write(&folder, *names, "", 0);
}

// One line an image, "split label name", as tests expect them; then the classes and what is
// ignored.
static void describe(const image_source *s, char text[2048])
{
    static const char *const splits[] = {"train", "val", "test"};
    char ignored[IGNORED_TEXT];
    size_t used = 0, root = strlen(folder.path) + 1;
    for (size_t i = 0; i < s->count; i++)
        used += (size_t)snprintf(text + used, 2048 - used, "%s %d %s\n", splits[s->images[i].split],
                                 (int)s->images[i].label, s->images[i].path + root);
    used += (size_t)snprintf(text + used, 2048 - used, "[%s]",
                             s->class_names != NULL ? s->class_names : "");
    ignored_files_text(&s->ignored, ignored);
    snprintf(text + used, 2048 - used, "%s%s", ignored[0] != '\0' ? "\nignored: " : "", ignored);
}

static void assert_listed(const char *labels, const char *expected)
{
    image_source s;
    char text[2048];
    assert_ok(image_source_list(&s, folder.path, labels));
    describe(&s, text);
    assert_string_equal(text, expected);
    image_source_free(&s);
}

static void sub_folders_are_classes_and_the_rest_is_named(void **state)
{
    (void)state;
    make((const char *const[]){"cat/", "cat/old/", "dog/", "empty/", "cat/2.jpg", "cat/1.PNG",
                               "cat/old/1.jpg", "cat/old/2.jpg", "dog/a.jpeg", "loose.png",
                               "dog/b.gif", "c.GIF", "SHA256SUMS", ".hidden.gif", "dog/.a.jpg",
                               NULL});
    assert_listed(
        NULL, "train 0 cat/1.PNG\ntrain 0 cat/2.jpg\ntrain 1 dog/a.jpeg\n[cat\ndog]\n"
              "ignored: 2 images in sub-folders of classes (cat/old/1.jpg), 1 images beside the "
              "folders (loose.png), 1 without an ending (SHA256SUMS), 2 .GIF (c.GIF)");
}

// As they were before: "a-1" before "a", though the paths below are the other way round.
static void classes_are_in_the_order_of_their_names(void **state)
{
    (void)state;
    make((const char *const[]){"a/", "a-1/", "10/", "9/", "a/x.jpg", "a-1/x.jpg", "10/x.jpg",
                               "9/x.jpg", NULL});
    assert_listed(NULL, "train 0 10/x.jpg\ntrain 1 9/x.jpg\ntrain 2 a/x.jpg\ntrain 3 a-1/x.jpg\n"
                        "[10\n9\na\na-1]");
}

static void a_flat_folder_has_no_labels(void **state)
{
    (void)state;
    make((const char *const[]){"b.jpg", "a.png", "deep/", "deep/er/", "deep/er/c.jpg", NULL});
    assert_listed(NULL, "train -1 a.png\ntrain -1 b.jpg\n[]\nignored: 1 images in sub-folders "
                        "(deep/er/c.jpg)");
    assert_listed("none", "train -1 a.png\ntrain -1 b.jpg\ntrain -1 deep/er/c.jpg\n[]");
}

// A class that a split lacks does not move the labels of the others.
static void the_folders_own_splits_share_their_classes(void **state)
{
    (void)state;
    make((const char *const[]){"train/", "train/b/", "train/c/", "valid/", "valid/a/", "valid/c/",
                               "test/", "train/b/1.jpg", "train/c/1.jpg", "valid/a/2.jpg",
                               "valid/c/2.jpg", "test/9.jpg", "stray.jpg", NULL});
    assert_listed(NULL, "test -1 test/9.jpg\nval 0 valid/a/2.jpg\ntrain 1 train/b/1.jpg\n"
                        "train 2 train/c/1.jpg\nval 2 valid/c/2.jpg\n[a\nb\nc]\n"
                        "ignored: 1 images beside the folders (stray.jpg)");
    // A class that happens to be called so.
    make((const char *const[]){"bus/", "bus/1.jpg", NULL});
    image_source s;
    assert_ok(image_source_list(&s, folder.path, NULL));
    assert_true(!s.has_splits && s.classes == 2); // bus, and test with its image
    image_source_free(&s);
}

static void labels_come_from_names_by_a_pattern(void **state)
{
    (void)state;
    make((const char *const[]){"dogs/", "beagle_1.jpg", "dogs/beagle_2.jpg", "dogs/pug_1.jpg",
                               "other.jpg", NULL});
    assert_listed("([^/]+)_[0-9]+\\.jpg",
                  "train 0 beagle_1.jpg\ntrain 0 dogs/beagle_2.jpg\ntrain 1 dogs/pug_1.jpg\n"
                  "[beagle\npug]\nignored: 1 images without a label by the pattern (other.jpg)");
    image_source s;
    assert_fails(image_source_list(&s, folder.path, "x("), ST_USAGE, "not a regular expression");
    assert_fails(image_source_list(&s, folder.path, "x"), ST_USAGE, "has no group");
}

// So that the label of "y=7" is 7, and 10 comes after 9.
static void whole_numbers_are_in_their_own_order(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%c_y=%d.png", 'z' - i, i);
        test_write(&folder, name, "", 0);
    }
    image_source s;
    assert_ok(image_source_list(&s, folder.path, "y=([0-9]+)"));
    assert_int_equal(s.count, 12);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%c_y=%d.png", 'z' - i, i);
        assert_string_equal(strrchr(s.images[i].path, '/') + 1, name);
        assert_int_equal(s.images[i].label, i);
    }
    image_source_free(&s);
}

static void images_too_deep_are_counted(void **state)
{
    (void)state;
    make((const char *const[]){"set/", "set/cat/", "set/cat/1.jpg", "set/cat/2.jpg", NULL});
    assert_listed(NULL, "[]\nignored: 2 images in sub-folders of sub-folders (set/cat/1.jpg)");
}

static void a_link_to_a_folder_above_has_an_end(void **state)
{
    (void)state;
    image_source s;
    make((const char *const[]){"a/", "a/1.jpg", NULL});
    assert_int_equal(symlink(folder.path, test_path(&folder, "a/up")), 0);
    assert_fails(image_source_list(&s, folder.path, NULL), ST_BAD_DATA, "a link in it");
    image_source_free(&s);
}

static void names_that_a_shard_cannot_hold_are_refused(void **state)
{
    (void)state;
    image_source s;
    make((const char *const[]){"a\nb/", "a\nb/1.jpg", NULL});
    assert_fails(image_source_list(&s, folder.path, NULL), ST_BAD_DATA, "has several lines");
    image_source_free(&s);
}

#define test_in_folder(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folder(sub_folders_are_classes_and_the_rest_is_named),
        test_in_folder(classes_are_in_the_order_of_their_names),
        test_in_folder(a_flat_folder_has_no_labels),
        test_in_folder(the_folders_own_splits_share_their_classes),
        test_in_folder(labels_come_from_names_by_a_pattern),
        test_in_folder(whole_numbers_are_in_their_own_order),
        test_in_folder(images_too_deep_are_counted),
        test_in_folder(a_link_to_a_folder_above_has_an_end),
        test_in_folder(names_that_a_shard_cannot_hold_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
