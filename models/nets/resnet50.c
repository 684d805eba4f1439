// models/nets/resnet50.c -- ResNet-50; see resnet.c.
#include "models/nets/resnet.h"

static int build(graph *g, const void *settings, int images)
{
    return resnet_build(g, settings, images, (const int[4]){3, 4, 6, 3}, true);
}

const net_type net_resnet50 = {
    .name = "resnet50",
    .help = "ResNet-50 with torchvision's architecture and names",
    .fields = resnet_fields,
    .config_size = sizeof(resnet_config),
    .example = "{width: 8}",
    .pools = true,
    .build = build,
};
