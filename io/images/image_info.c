// io/images/image_info.c -- names of types, and statistics in units of the range of pixels.
#include "io/images/image_info.h"

const char *pixel_type_name(pixel_type type, number_kind kind)
{
    static const char *const names[] = {
        [PIXEL_U8] = "uint8", [PIXEL_U16] = "uint16", [PIXEL_F32] = "float32"};
    return kind == NUMBER_PIXEL ? names[type] : number_type_of(kind)->name;
}

double image_info_unit(const dataset_info *info)
{
    return info->type == PIXEL_U8 ? 255 : info->type == PIXEL_U16 ? 65535 : 1;
}

void image_info_rescale(dataset_info *info)
{
    if (info->low == info->high) info->low = 0, info->high = 1;
    if (info->low == 0 && info->high == 1) return;
    for (int c = 0; c < info->channels; c++) {
        info->mean[c] = (info->mean[c] - info->low) / (info->high - info->low);
        info->deviation[c] /= info->high - info->low;
    }
}
