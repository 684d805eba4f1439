// io/recipes.c -- the table of recipes.
#include "io/recipes.h"

#include <string.h>

#define JITTER "{p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}"

const recipe recipe_table[] = {
    {"none",
     "evaluation: the middle of the image, normalised",
     {{"resize", "{}"}, {"normalise", "{}"}}},
    // He et al.: the CIFAR-10 demonstration beside MoCo
    {"moco_cifar",
     "MoCo for small RGB images: crop, flip, colour jitter, grayscale",
     {{"random_resized_crop", "{scale_low: 0.08}"},
      {"flip", "{p: 0.5}"},
      {"colour_jitter", JITTER},
      {"grayscale", "{p: 0.2}"},
      {"normalise", "{}"}}},
    // Chen, Fan, Girshick, He 2020 (arXiv 2003.04297), without the blur
    {"moco_v2",
     "MoCo v2 for RGB photographs: crop, colour jitter, grayscale, flip",
     {{"random_resized_crop", "{scale_low: 0.2}"},
      {"colour_jitter", JITTER},
      {"grayscale", "{p: 0.2}"},
      {"flip", "{p: 0.5}"},
      {"normalise", "{}"}}},
    {"moco_small",
     "MoCo v2 for images too small to blur",
     {{"random_resized_crop", "{scale_low: 0.2}"},
      {"colour_jitter", JITTER},
      {"grayscale", "{p: 0.2}"},
      {"flip", "{p: 0.5}"},
      {"normalise", "{}"}}},
    {"crop_flip",
     "any channels: crop and flip",
     {{"random_resized_crop", "{scale_low: 0.2}"}, {"flip", "{p: 0.5}"}, {"normalise", "{}"}}},
    {"intensity",
     "any channels: crop, flip, random gain and offset of each channel",
     {{"random_resized_crop", "{scale_low: 0.2}"},
      {"flip", "{p: 0.5}"},
      {"intensity", "{gain: 0.4, offset: 0.4}"},
      {"normalise", "{}"}}},
    {0}};

const recipe *recipe_find(const char *name)
{
    for (const recipe *r = recipe_table; r->name != NULL; r++)
        if (strcmp(r->name, name) == 0) return r;
    return NULL;
}
