// models/nets/resnet18.c -- ResNet-18; see resnet.c.
#include "models/nets/resnet.h"

static int build(graph *g, const void *settings, int images)
{
    return resnet_build(g, settings, images, (const int[4]){2, 2, 2, 2}, false);
}

const net_type net_resnet18 = {
    .name = "resnet18",
    .help = "ResNet-18 with torchvision's architecture and names",
    .fields = resnet_fields,
    .config_size = sizeof(resnet_config),
    .example = "{width: 8}",
    .pools = true,
    .build = build,
};
