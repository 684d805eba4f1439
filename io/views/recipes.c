// io/views/recipes.c -- the table of recipes.
#include "io/views/recipes.h"

#include <string.h>

#define STEP(augment, settings)                                                                    \
    {                                                                                              \
        augment, settings, EVERY_VIEW                                                              \
    }
#define JITTER "{p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}"

const recipe recipe_table[] = {
    {"none",
     "evaluation: the middle of the image, normalised",
     {
         STEP("resize", "{}"),
         STEP("normalise", "{}"),
     }},
    // He et al.: the CIFAR-10 demonstration beside MoCo
    {"moco_cifar",
     "MoCo for small RGB images: crop, flip, colour jitter, grayscale",
     {
         STEP("random_resized_crop", "{scale_low: 0.08}"),
         STEP("flip", "{p: 0.5}"),
         STEP("colour_jitter", JITTER),
         STEP("grayscale", "{p: 0.2}"),
         STEP("normalise", "{}"),
     }},
    // He et al. 2019 (arXiv 1911.05722) and its code: colours change after grayscale, and always
    {"moco_v1",
     "MoCo v1 for RGB photographs: crop, grayscale, strong colour jitter, flip",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("grayscale", "{p: 0.2}"),
         STEP("colour_jitter", "{p: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.4}"),
         STEP("flip", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    // Chen, Fan, Girshick, He 2020 (arXiv 2003.04297)
    {"moco_v2",
     "MoCo v2 for RGB photographs: crop, colour jitter, grayscale, blur, flip",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("colour_jitter", JITTER),
         STEP("grayscale", "{p: 0.2}"),
         STEP("gaussian_blur", "{p: 0.5}"),
         STEP("flip", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    // Chen, Xie, He 2021 (arXiv 2104.02057), with the crop of its ResNets
    {"moco_v3",
     "MoCo v3 for RGB photographs: as v2, one view always blurred, the other solarised at times",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("colour_jitter",
              "{p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1}"),
         STEP("grayscale", "{p: 0.2}"),
         {"gaussian_blur", "{p: 1}", EVEN_VIEWS},
         {"gaussian_blur", "{p: 0.1}", ODD_VIEWS},
         {"solarize", "{p: 0.2}", ODD_VIEWS},
         STEP("flip", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    {"moco_small",
     "MoCo v2 for images too small to blur",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("colour_jitter", JITTER),
         STEP("grayscale", "{p: 0.2}"),
         STEP("flip", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    {"crop_flip",
     "any channels: crop and flip",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("flip", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    {"intensity",
     "any channels: crop, flip, random gain and offset of each channel",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("flip", "{p: 0.5}"),
         STEP("intensity", "{gain: 0.4, offset: 0.4}"),
         STEP("normalise", "{}"),
     }},
    {"microscopy",
     "any channels: crop, flip, blur, gain and offset of each channel, noise",
     {
         STEP("random_resized_crop", "{scale_low: 0.2}"),
         STEP("flip", "{p: 0.5}"),
         STEP("gaussian_blur", "{p: 0.5}"),
         STEP("intensity", "{gain: 0.4, offset: 0.4}"),
         STEP("noise", "{p: 0.5}"),
         STEP("normalise", "{}"),
     }},
    // For sparse coding. None brings channels to mean 0 and deviation 1 by themselves: `scale` only
    // changes the unit, so that a penalty means the same on any data.
    {"scaled",
     "sparse coding, any channels: the image as it is",
     {
         STEP("scale", "{}"),
     }},
    {"as_is",
     "sparse coding of another run's codes: the image, or a random window of data.size, as it is",
     {
         STEP("crop", "{}"),
     }},
    {"centred",
     "sparse coding, any channels: the image as it is, less its mean",
     {
         STEP("scale", "{}"),
         STEP("remove_mean", "{}"),
     }},
    {"patches",
     "sparse coding, any channels: a random window of data.size, less its mean",
     {
         STEP("crop", "{}"),
         STEP("scale", "{}"),
         STEP("remove_mean", "{}"),
     }},
    {"natural",
     "sparse coding of photographs in grey: as patches",
     {
         STEP("crop", "{}"),
         STEP("grey", "{}"),
         STEP("scale", "{}"),
         STEP("remove_mean", "{}"),
     }},
    {"whitened",
     "sparse coding, any channels: as patches, then ZCA-whitened",
     {
         STEP("crop", "{}"),
         STEP("scale", "{}"),
         STEP("remove_mean", "{}"),
         STEP("whiten", "{epsilon: 0.01}"),
     }},
    // Window as in Kavukcuoglu et al. 2010 (NIPS); the margin lets both filters see the photograph
    // beyond the view.
    {"natural_lcn",
     "sparse coding of photographs in grey: a random window with some contrast, local contrast "
     "normalised",
     {
         STEP("crop", "{margin: 12, min_deviation: 0.2}"),
         STEP("grey", "{}"),
         STEP("local_contrast", "{sigma: 5, radius: 6}"),
         STEP("trim", "{margin: 12}"),
     }},
    {"colour_lcn",
     "sparse coding, any channels: the whole image, local contrast normalised over all channels",
     {
         STEP("local_contrast", "{sigma: 2, radius: 4}"),
     }},
    {NULL, NULL, {{NULL, NULL, EVERY_VIEW}}}};

const recipe *recipe_find(const char *name)
{
    for (const recipe *r = recipe_table; r->name != NULL; r++)
        if (strcmp(r->name, name) == 0) return r;
    return NULL;
}

const char *recipe_for_evaluation(const char *name)
{
    const recipe *r = recipe_find(name);
    if (r == NULL) return "none";
    const recipe_step *last = r->steps;
    while (last[1].augment != NULL)
        last++;
    return strcmp(last->augment, "normalise") == 0 ? "none" : r->name;
}
