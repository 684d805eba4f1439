#!/usr/bin/env python3
"""The same steps in PyTorch, on the very batches, permutations and first weights of a Basin run.

usage: torch_twin.py [--single] DUMP.h5 RUN     (needs torch, h5py, numpy; by hand, never in the test suite)
  basin dump JOB.yaml 20 DUMP.h5 run=RUN ...     first weights and 20 steps of batches
  basin train JOB.yaml run=RUN log_every=1 stop_after=20 ...     losses into RUN/metrics.jsonl
Prints the losses of each step by Basin, by torch in float32 and in float64: how far two float32
programs drift from the true course says what agreement can be asked for. --single leaves float64,
which is slow, out. Written independently of Basin's code, from the papers: ResNet-18 as in torchvision,
autograd, SGD of torch.optim; methods moco, moco_v3 and simsiam.
"""
import json
import math
import re
import sys

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels))
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


def normed_mlp(sizes):
    """Linear layers without bias, batch norm behind each, the last one's without scale and shift."""
    layers = []
    for i, (size_in, size) in enumerate(zip(sizes, sizes[1:])):
        last = i == len(sizes) - 2
        layers += [nn.Linear(size_in, size, bias=False), nn.BatchNorm1d(size, affine=not last)]
        layers += [] if last else [nn.ReLU()]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """ResNet-18 with the CIFAR stem and a projection head; not normalised."""

    def __init__(self, job, channels, predictor=None):
        super().__init__()
        width, dim = job.number("model", "width"), job.number("model", "dim")
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        size = width
        for stage in range(4):
            blocks = []
            for i in range(2):
                blocks.append(Block(size, width << stage, 2 if stage and not i else 1))
                size = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        head, layers = job.text("model", "head"), job.number("model", "head_layers")
        sizes = [size] + [job.number("model", "head_hidden") or size] * (layers - 1) + [dim]
        if head == "linear":
            self.fc = nn.Linear(size, dim)
        elif head == "mlp_bn":
            self.fc = normed_mlp(sizes)
        else:
            pairs = [[nn.Linear(a, b), nn.ReLU()] for a, b in zip(sizes, sizes[1:])]
            self.fc = nn.Sequential(*sum(pairs, [])[:-1])
        if predictor is not None:
            self.predictor = predictor

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


class Job:
    """Scalars of a resolved job, by section and key."""

    def __init__(self, text):
        self.sections = dict(re.findall(r"^(\w+):((?:\n +.*)+)", text, re.M))
        self.sections[None] = text

    def text(self, section, key):
        return re.search(rf"^ *{key}: *\"?([^\s\"]+)", self.sections[section], re.M).group(1)

    def number(self, section, key):
        value = float(self.text(section, key))
        return int(value) if value.is_integer() else value

    def flag(self, section, key):
        return self.text(section, key) == "true"


class Twin:
    """What the methods share: a trained encoder, and each worker's rows on their own."""

    def __init__(self, job, dump, dtype, steps_total):
        self.job, self.dump, self.dtype, self.steps_total = job, dump, dtype, steps_total
        self.workers, self.batch = job.number(None, "workers"), job.number(None, "batch")
        self.query = self.encoder("query", self.predictor())

    def predictor(self):
        return None

    def encoder(self, prefix, predictor=None):
        encoder = Encoder(self.job, self.dump["batch/view0"].shape[1], predictor)
        state = encoder.state_dict()
        names = []
        self.dump[prefix].visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        names = [name for name in names if not name.startswith("energy.")]  # statistics only
        assert set(names) <= set(state), set(names) - set(state)
        assert {name for name, _ in encoder.named_parameters()} <= set(names)
        state.update({name: torch.from_numpy(self.dump[prefix][name][()]) for name in names})
        encoder.load_state_dict(state)
        return encoder.to(self.dtype)

    def rows(self, step):
        return slice(step * self.batch, (step + 1) * self.batch)

    def view(self, step, slot):
        return torch.from_numpy(self.dump[f"batch/view{slot}"][self.rows(step)]).to(self.dtype)

    def in_workers(self, function, x):
        """Batch norm sees one worker's samples."""
        return torch.cat([function(part) for part in x.split(len(x) // self.workers)])

    def follow(self, key, step):
        """Moving average; the momentum goes along half a cosine."""
        first = self.job.number("method", "momentum")
        last = self.job.number("method", "momentum_final") or first
        passed = step / self.steps_total
        momentum = last + (first - last) * (1 + math.cos(math.pi * passed)) / 2
        query = dict(self.query.named_parameters())
        with torch.no_grad():
            for name, k in key.named_parameters():
                k.mul_(momentum).add_(query[name], alpha=1 - momentum)

    def finish(self):
        pass


class MoCo(Twin):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.key = self.encoder("key")
        self.queue, self.pointer = torch.from_numpy(self.dump["queue"][()]).to(self.dtype), 0

    def embed(self, x):
        return self.in_workers(lambda part: F.normalize(self.query(part), dim=1), x)

    def keys_of(self, step, slot):
        """A view in shuffled rows; its keys back in the order of positions."""
        shuffle = torch.from_numpy(self.dump["batch/shuffle"][self.rows(step)].astype(np.int64))
        with torch.no_grad():
            shuffled = self.in_workers(self.key, self.view(step, slot))
            keys = torch.empty_like(shuffled)
            keys[shuffle] = shuffled
        return F.normalize(keys, dim=1)

    def contrast(self, q, k):
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ self.queue.T], 1)
        target = torch.zeros(len(q), dtype=torch.long)
        return F.cross_entropy(logits / self.job.number("method", "temperature"), target)

    def loss(self, step):
        self.follow(self.key, step)
        if self.job.flag("method", "symmetric"):  # views 2, 3 are 0, 1 in shuffled rows
            self.keys = [self.keys_of(step, 2), self.keys_of(step, 3)]
            return self.contrast(self.embed(self.view(step, 0)), self.keys[1]) + \
                self.contrast(self.embed(self.view(step, 1)), self.keys[0])
        self.keys = [self.keys_of(step, 1)]
        return self.contrast(self.embed(self.view(step, 0)), self.keys[0])

    def finish(self):
        for row in torch.cat(self.keys):
            self.queue[self.pointer] = row
            self.pointer = (self.pointer + 1) % len(self.queue)


class MoCoV3(Twin):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.key = self.encoder("key")

    def predictor(self):
        dim = self.job.number("model", "dim")
        return normed_mlp([dim, self.job.number("method", "predictor_hidden") or dim, dim])

    def contrast(self, q, k):
        temperature = self.job.number("method", "temperature")
        logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / temperature
        return 2 * temperature * F.cross_entropy(logits, torch.arange(len(q)))

    def loss(self, step):
        self.follow(self.key, step)
        views = [self.view(step, 0), self.view(step, 1)]
        with torch.no_grad():
            keys = [self.in_workers(self.key, view) for view in views]
        queries = [self.in_workers(lambda x: self.query.predictor(self.query(x)), view)
                   for view in views]
        return self.contrast(queries[0], keys[1]) + self.contrast(queries[1], keys[0])


class SimSiam(Twin):
    def predictor(self):
        dim = self.job.number("model", "dim")
        hidden = self.job.number("method", "predictor_hidden") or dim // 4
        return nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(),
                             nn.Linear(hidden, dim))

    def loss(self, step):
        z = [self.in_workers(self.query, self.view(step, slot)) for slot in (0, 1)]
        p = [self.in_workers(self.query.predictor, x) for x in z]
        return -(F.cosine_similarity(p[0], z[1].detach(), dim=1).mean() +
                 F.cosine_similarity(p[1], z[0].detach(), dim=1).mean()) / 2


def losses(twin, rates):
    """Loss of each step, one after the other."""
    number = twin.job.number
    sgd = torch.optim.SGD(twin.query.parameters(), 1.0, number("optimizer", "momentum"),
                          weight_decay=number("optimizer", "weight_decay"))
    for step, rate in enumerate(rates):
        loss = twin.loss(step)
        sgd.param_groups[0]["lr"] = rate
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        twin.finish()
        yield loss.item()


def off(value, true, method):
    """Relative difference; SimSiam's loss passes 0 and lies in -1..1, so there the plain one."""
    return f"{abs(value - true) / (1 if method == 'simsiam' else abs(true)):.1e}"


def main():
    dump, run = h5py.File(sys.argv[-2], "r"), sys.argv[-1]
    text = dump.attrs["job"]
    job = Job(text.decode() if isinstance(text, bytes) else str(text))
    method = job.text("method", "name")
    twin = {"moco": MoCo, "moco_v3": MoCoV3, "simsiam": SimSiam}[method]
    steps_total = json.load(open(run + "/run.json"))["steps_total"]
    ours = [line for line in map(json.loads, open(run + "/metrics.jsonl")) if "loss" in line]
    ours = ours[:len(dump["batch/view0"]) // job.number(None, "batch")]
    rates = [line["lr"] for line in ours]
    single = losses(twin(job, dump, torch.float32, steps_total), rates)
    if sys.argv[1] == "--single":
        print(f"torch {torch.__version__}, float32; in brackets how far off torch Basin is")
        for i, (b, s) in enumerate(zip(ours, single)):
            print(f"step {i + 1:3d}  torch {s:.6f}  basin {b['loss']:.6f} "
                  f"({off(b['loss'], s, method)})", flush=True)
        return
    print(f"torch {torch.__version__}; in brackets how far off float64")
    double = losses(twin(job, dump, torch.float64, steps_total), rates)
    for i, (b, s, d) in enumerate(zip(ours, single, double)):
        print(f"step {i + 1:3d}  float64 {d:.6f}  torch {s:.6f} ({off(s, d, method)})  "
              f"basin {b['loss']:.6f} ({off(b['loss'], d, method)})", flush=True)


main()
