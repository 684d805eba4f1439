#!/usr/bin/env python3
"""Golden numbers for the residual nets and InfoNCE, from PyTorch in float64.

    python3 tests/golden/resnet.py        (from the project's root; made with torch 2.13)

writes tests/golden/resnet18_cifar.h, resnet18_imagenet.h, info_nce.h and resnetN_names.h, which
tests/models/test_golden.c compares with Basin's float32. Weights and inputs are made by a formula on
both sides, so that only results are stored. The nets are torchvision's architecture written out, with
its names; `width` scales all channels.
"""
import math

import torch
from torch import nn
import torch.nn.functional as F

FOLDER = "tests/golden/"


def noise(name, count):
    """count numbers in [-0.5, 0.5), the same as test_golden.c's."""
    key = 0
    for character in name.encode():
        key = (key * 31 + character) % 1009
    values = []
    for i in range(count):
        x = math.sin(12.9898 * i + 78.233 * key) * 43758.5453
        values.append(x - math.floor(x) - 0.5)
    return torch.tensor(values, dtype=torch.float64)


def filled(name, shape, scale, offset=0.0):
    """Rounded to float32, as Basin has it."""
    values = noise(name, math.prod(shape)) * scale + offset
    return values.to(torch.float32).to(torch.float64).reshape(shape)


def convolution(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    """Basic (3x3, 3x3) or bottleneck (1x1, 3x3 with the stride, 1x1 to four times the channels)."""

    def __init__(self, inputs, channels, stride, bottleneck):
        super().__init__()
        outputs = 4 * channels if bottleneck else channels
        kernels = [1, 3, 1] if bottleneck else [3, 3]
        strides = [1, stride, 1] if bottleneck else [stride, 1]
        widths = [channels, channels, outputs] if bottleneck else [channels, channels]
        self.parts = len(kernels)
        source = inputs
        for i in range(self.parts):
            setattr(self, f"conv{i + 1}", convolution(source, widths[i], kernels[i], strides[i]))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(widths[i], momentum=1.0))
            source = widths[i]
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride),
                                            nn.BatchNorm2d(outputs, momentum=1.0))

    def forward(self, x):
        y = x
        for i in range(self.parts):
            y = getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(y))
            if i + 1 < self.parts:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """momentum=1: the running statistics are those of the last batch."""

    def __init__(self, blocks, bottleneck=False, width=64, stem="imagenet"):
        super().__init__()
        self.stem = stem
        self.conv1 = convolution(3, width, 3) if stem == "cifar" else convolution(3, width, 7, 2)
        self.bn1 = nn.BatchNorm2d(width, momentum=1.0)
        inputs = width
        for stage in range(4):
            channels = width << stage
            layer = []
            for i in range(blocks[stage]):
                layer.append(Block(inputs, channels, 2 if stage > 0 and i == 0 else 1, bottleneck))
                inputs = 4 * channels if bottleneck else channels
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.features = inputs

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.stem == "imagenet":
            x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x.mean(dim=(2, 3))


def fill_parameters(module):
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1:  # weights: variance 2 / fan in
            fan_in = parameter[0].numel()
            value = filled(name, parameter.shape, math.sqrt(24.0 / fan_in))
        elif name.endswith("weight"):
            value = filled(name, parameter.shape, 0.4, 1.0)
        else:
            value = filled(name, parameter.shape, 0.2)
        parameter.data.copy_(value)


def info_nce(q, k, negatives, temperature):
    positive = (q * k).sum(dim=1, keepdim=True)
    logits = torch.cat([positive, q @ negatives.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long), reduction="none")


def array(name, values):
    values = values.detach().reshape(-1).tolist()
    lines = [", ".join(f"{v:.9g}" for v in values[i:i + 6]) for i in range(0, len(values), 6)]
    return f"static const double {name}[{len(values)}] = {{\n    " + ",\n    ".join(lines) + "};\n"


def samples(name, tensors):
    lines = []
    for key, value in tensors:
        flat = value.detach().reshape(-1)
        n = len(flat)
        lines.append(f'    {{"{key}", {n}, {flat.norm().item():.9g}, '
                     f"{{{flat[0].item():.9g}, {flat[n // 2].item():.9g}, {flat[-1].item():.9g}}}}}")
    return f"static const golden_sample {name}[] = {{\n" + ",\n".join(lines) + ",\n    {0}};\n"


def write(name, text, comment, script="resnet.py"):
    with open(FOLDER + name, "w") as out:
        out.write(f"// tests/golden/{name} -- {comment}\n// Made by tests/golden/{script} with torch "
                  f"{torch.__version__.split('+')[0]}; do not edit.\n// clang-format off\n{text}")


def golden_net(stem, size):
    net = ResNet([2, 2, 2, 2], width=8, stem=stem).double()
    net.fc = nn.Linear(net.features, 16).double()
    fill_parameters(net)
    images = filled("images", (4, 3, size, size), 4.0)
    keys = F.normalize(filled("keys", (4, 16), 2.0)).to(torch.float32).double()
    negatives = F.normalize(filled("negatives", (32, 16), 2.0)).to(torch.float32).double()
    net.train()
    features = net(images)
    energies = info_nce(F.normalize(net.fc(features)), keys, negatives, 0.2)
    energies.mean().backward()
    statistics = [(n, b) for n, b in net.named_buffers() if "running" in n]
    net.eval()
    text = (array("golden_features", features) + array("golden_energies", energies) +
            array("golden_eval_features", net(images)) +
            samples("golden_gradients", [(n, p.grad) for n, p in net.named_parameters()]) +
            samples("golden_statistics", statistics))
    write(f"resnet18_{stem}.h", text,
          f"ResNet-18 of width 8, {stem} stem, 4 images of {size} x {size},\n// head fc 16, InfoNCE "
          "with 32 negatives at temperature 0.2; gradients of the mean energy.")


def golden_info_nce():
    q = F.normalize(filled("q", (5, 8), 2.0)).to(torch.float32).double().requires_grad_()
    k = F.normalize(filled("k", (5, 8), 2.0)).to(torch.float32).double().requires_grad_()
    negatives = F.normalize(filled("n", (12, 8), 2.0)).to(torch.float32).double().requires_grad_()
    energies = info_nce(q, k, negatives, 0.1)
    energies.mean().backward()
    write("info_nce.h",
          array("golden_nce", energies) + array("golden_nce_dq", q.grad) +
          array("golden_nce_dk", k.grad) + array("golden_nce_dn", negatives.grad),
          "InfoNCE of 5 queries among 12 negatives of 8 dimensions at temperature 0.1;\n"
          "// gradients of the mean energy.")


def golden_names():
    for name, blocks, bottleneck in [("resnet18", [2, 2, 2, 2], False),
                                     ("resnet34", [3, 4, 6, 3], False),
                                     ("resnet50", [3, 4, 6, 3], True)]:
        lines = []
        for key, value in ResNet(blocks, bottleneck).state_dict().items():
            if not key.endswith("num_batches_tracked"):
                lines.append(f'    "{key} ' + "x".join(str(d) for d in value.shape) + '"')
        write(f"{name}_names.h",
              f"static const char *const {name}_names[] = {{\n" + ",\n".join(lines) + ",\n    NULL};\n",
              "names and shapes of torchvision's state_dict, without fc.")


if __name__ == "__main__":
    golden_net("cifar", 16)
    golden_net("imagenet", 64)
    golden_info_nce()
    golden_names()
