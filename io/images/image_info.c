// io/images/image_info.c -- statistics in units of the range of pixels.
#include "io/images/image_info.h"

void image_info_rescale(dataset_info *info)
{
    if (info->low == info->high) info->low = 0, info->high = 1;
    if (info->low == 0 && info->high == 1) return;
    for (int c = 0; c < info->channels; c++) {
        info->mean[c] = (info->mean[c] - info->low) / (info->high - info->low);
        info->deviation[c] /= info->high - info->low;
    }
}
