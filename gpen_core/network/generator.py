"""GPEN's generator: an encoder of the degraded face drives a StyleGAN2 decoder.

Written from Yang et al., "GAN Prior Embedded Network for Blind Face Restoration in the Wild" (CVPR 2021), and
Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (CVPR 2020). Parameter names are those of the
published checkpoints, so that these load unrenamed.

    face (B, 3, S, S) in [-1, 1]
      Encoder      ecd0 (1x1), ecd1.. (blur, 3x3 stride 2)   features of S, S/2, .. 4 px
      style        final_linear of the 4 px features, then the mapping: one vector (B, style_dim) for the whole face
      Decoder      constant 4 px, then two modulated 3x3 convolutions per level; the encoder's features take the
                   place of StyleGAN2's noise; every level adds to the picture through a modulated 1x1 (ToRGB)
    face (B, 3, S, S) about [-1, 1], not clamped

Modulation scales a convolution's input and demodulation its output. That is the same as scaling the weights for each
sample, as the original does, but one set of weights then serves the whole batch. Only where the weights are far
smaller than the feature maps are they scaled instead.

Activations are sqrt(2) * leaky_relu(x + bias). The factor passes through a leaky ReLU, so it is put on what comes
before and costs nothing.

Precision: the style path (mapping, modulation, demodulation) and the growing picture are float32 always; the feature
maps have the dtype of the input.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import ops
from .config import GPENConfig

_EPSILON = 1e-8  # of StyleGAN2's pixel norm and demodulation
# From this ratio of map to weights on, scaling the weights is the cheaper way on a CPU. In half precision it is also
# the more exact one: the scales are then rounded with the weights, once, instead of on their own.
_WEIGHTS_WORTH_SCALING = 0.25
_MAPPING_LR = 0.01  # StyleGAN2's learning-rate multiplier of the mapping network, part of its equalised weights


class Generator(nn.Module):
    """The network as one callable on (B, 3, S, S) RGB in [-1, 1]; returns the same shape, unclamped."""

    def __init__(self, config: GPENConfig) -> None:
        super().__init__()
        self.config = config
        resolutions = config.resolutions[::-1]  # S, S/2, .. 4
        widths = [config.channels(r) for r in resolutions]
        self.ecd0 = nn.Sequential(EncoderLayer(3, widths[0], downsample=False))
        for level in range(1, len(widths)):
            self.add_module(f"ecd{level}", nn.Sequential(EncoderLayer(widths[level - 1], widths[level])))
        self.final_linear = nn.Sequential(EqualLinear(widths[-1] * 16, config.style_dim, activation=True))
        self.generator = Decoder(config)

    def forward(self, face: Tensor) -> Tensor:
        return self.decode(self.encode(face.contiguous(memory_format=torch.channels_last))).picture

    def encoder(self, level: int) -> nn.Module:
        """Encoder layer `level`: 0 takes the face, each further one the features of the one before."""
        return self.get_submodule(f"ecd{level}")

    def encode(self, x: Tensor, level: int = 0) -> list[Tensor]:
        """Features of encoder level `level` and all smaller ones, the smallest (4 px) first. x: what `level` takes."""
        features: list[Tensor] = []
        for number in range(level, len(self.config.resolutions)):
            x = self.encoder(number)(x)
            features.insert(0, x)
        return features

    def decode(self, features: list[Tensor]) -> Drawing:
        """As many decoder levels as there are features (4 px first), which are taken out of the list one by one."""
        style = self.final_linear(features[0].float().flatten(1))  # (B, C, 4, 4) -> (B, style_dim)
        return self.generator(style, features)

    def prepare(self, dtype: torch.dtype = torch.float32) -> Generator:
        """Make ready for inference, once after loading: no gradients, convolutions in `dtype`, constants computed."""
        self.eval().requires_grad_(False)
        for module in self.modules():
            if isinstance(module, (EqualConv, ModulatedConv)) and module.weight.shape[-1] > 1:
                module.prepare(dtype)
        return self


class EqualLinear(nn.Module):
    """Linear layer with an equalised learning rate: weights of unit variance, scaled by 1/sqrt(fan in) when used."""

    def __init__(
        self, inputs: int, outputs: int, bias_init: float = 0.0, lr: float = 1.0, activation: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr)
        self.bias = nn.Parameter(torch.full((outputs,), float(bias_init)))
        self.scale = lr / math.sqrt(inputs)
        self.lr = lr
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        if self.lr != 1.0 or self.activation:
            x = F.linear(x, self.weight) * self.scale + self.bias * self.lr
        else:
            x = torch.addmm(self.bias, x, self.weight.t(), alpha=self.scale)
        return F.leaky_relu(x, ops.NEGATIVE_SLOPE) * ops.GAIN if self.activation else x


class EqualConv(nn.Module):
    """Convolution without bias; its equalised scale is left to the caller, who has a pass over the output anyway."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1.0 / math.sqrt(inputs * kernel**2)
        self.stride = stride

    def prepare(self, dtype: torch.dtype) -> None:
        self.weight.data = self.weight.data.to(dtype, memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight.to(x.dtype), stride=self.stride)


class Blur(nn.Module):
    """StyleGAN2's anti-aliasing filter, the outer product of [1, 3, 3, 1] with itself, of sum `gain`."""

    kernel: Tensor

    def __init__(self, gain: float, padding: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("kernel", torch.outer(taps, taps) * (gain / 64.0))
        self.padding = padding

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        return ops.blur(x, self.kernel, self.padding, bias)


class BiasActivation(nn.Module):
    """Holds the bias of a leaky ReLU with gain sqrt(2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))


class EncoderLayer(nn.Sequential):
    """1x1 convolution, or blur and 3x3 convolution with stride 2; then bias and leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, downsample: bool = True) -> None:
        if downsample:
            super().__init__(Blur(1.0, padding=2), EqualConv(inputs, outputs, 3, stride=2), BiasActivation(outputs))
        else:
            super().__init__(EqualConv(inputs, outputs, 1), BiasActivation(outputs))

    def forward(self, input: Tensor) -> Tensor:
        *filters, conv, activation = self
        assert isinstance(conv, EqualConv) and isinstance(activation, BiasActivation)  # as constructed
        for blur in filters:
            input = blur(input)
        return ops.leaky_relu(ops.scale_and_shift(conv(input), conv.scale * ops.GAIN, activation.bias * ops.GAIN))


class ModulatedConv(nn.Module):
    """Convolution whose input channels are scaled by the style, and whose output is brought back to unit variance.

    y = d * conv(W, s * x) with s = modulation(style) and, per output channel, d = 1 / sqrt(sum (W s)^2 + 1e-8).
    """

    weight_energy: Tensor | None

    def __init__(self, inputs: int, outputs: int, kernel: int, style_dim: int, upsample: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, kernel, kernel))
        self.modulation = EqualLinear(style_dim, inputs, bias_init=1.0)
        self.scale = 1.0 / math.sqrt(inputs * kernel**2)
        self.register_buffer("weight_energy", None, persistent=False)
        self.blur = Blur(4.0, padding=1) if upsample else None

    def prepare(self, dtype: torch.dtype) -> None:
        """Compute what depends on the weights alone, then bring these to `dtype`."""
        self.weight_energy = self._weight_energy()
        weight = self.weight.data[0].to(dtype)
        if self.blur is None:
            weight = weight.contiguous(memory_format=torch.channels_last)
        else:  # the order a transposed convolution reads; in any other it would copy the weights for each face
            weight = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last).transpose(0, 1)
        self.weight.data = weight[None]

    def forward(self, x: Tensor, style: Tensor, bias: Tensor) -> Tensor:
        """sqrt(2) * (y + bias). x: (B, C, H, W), may be overwritten. style: (B, style_dim). bias: (outputs,)."""
        modulation, demodulation = self._scales(style)
        demodulation, bias = demodulation * ops.GAIN, bias * ops.GAIN
        if not self._scale_weights(x):
            x = self._convolve(ops.modulate(x, modulation), self.weight[0].to(x.dtype))
            return ops.scale_and_shift(x, demodulation, bias)
        bias = bias.to(x.dtype)
        samples = []
        for sample, row, column in zip(x.split(1), demodulation, modulation, strict=True):
            # Half-precision weights times float32 scales are multiplied in float32 and rounded once.
            scaled = (self.weight[0] * (row[:, None] * column)[:, :, None, None]).to(x.dtype)
            samples.append(self._convolve(sample, scaled, bias))
        return samples[0] if len(samples) == 1 else torch.cat(samples)

    def _scale_weights(self, x: Tensor) -> bool:
        """Whether to scale the weights for each sample rather than the maps."""
        if torch.is_grad_enabled() or (len(x) > 1 and x.device.type != "cpu"):
            return False  # the backward pass and a GPU both want the batch in one convolution
        return x[0].numel() >= _WEIGHTS_WORTH_SCALING * self.weight.numel()

    def _scales(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """Factors on the input (B, inputs) and the output (B, outputs) of a convolution with the raw weights.

        Demodulation makes the layer blind to the size of s, so s is brought to a maximum of 1 and the equalised
        scale is split between input and output: nothing then leaves the range of float16.
        """
        s = self.modulation(style)
        size = s.abs().amax(1, keepdim=True).clamp_min(_EPSILON)
        s = s / size
        energy = self._weight_energy() if self.weight_energy is None else self.weight_energy
        demodulation = torch.rsqrt(F.linear(s.square(), energy) + _EPSILON / size.square())
        split = math.sqrt(self.scale)
        return s * split, demodulation * split

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if self.blur is None:
            return F.conv2d(x, weight, bias, padding=1)
        return self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), bias)

    def _weight_energy(self) -> Tensor:
        """Sum over the kernel of the squared, scaled weights, (outputs, inputs) float32."""
        return (self.weight[0].float() * self.scale).square().sum((2, 3))


class FeatureInjection(nn.Module):
    """The learned weight of the encoder features where StyleGAN2 adds noise."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, joined by the encoder's features of the same size, then bias and leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, joined: int, style_dim: int, upsample: bool = False) -> None:
        """joined: number of encoder channels concatenated to the outputs; 0 if they are added."""
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style_dim, upsample)
        self.noise = FeatureInjection()
        self.activate = BiasActivation(outputs + joined)
        self.widths = (outputs, joined)

    def forward(self, x: Tensor, style: Tensor, features: Tensor) -> Tensor:
        weight, bias = self.noise.weight * ops.GAIN, self.activate.bias
        if self.widths[1] == 0:
            return ops.add_activated(self.conv(x, style, bias), features, weight)
        bias, features_bias = bias.split(self.widths)
        shift = features_bias * ops.GAIN
        return ops.join_activated(self.conv(x, style, bias), features, weight, shift, spare=x)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to three channels, without demodulation, added to the enlarged picture so far."""

    def __init__(self, inputs: int, style_dim: int, upsample: bool = True) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, 3, 1, style_dim)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        if upsample:
            self.upsample = Upsample()

    def forward(self, x: Tensor, style: Tensor, picture: Tensor | None = None) -> Tensor:
        # Three outputs: scaling the weights of each sample is far cheaper here than scaling its feature maps.
        s = self.conv.modulation(style) * self.conv.scale  # (B, C)
        weight = self.conv.weight[0, :, :, 0, 0].t() * s[:, :, None]  # (B, C, 3)
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H*W, C), a view of channels-last memory
        rgb = ops.mix_channels(pixels, weight.to(x.dtype)).float()  # (B, H*W, 3)
        rgb = rgb.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2) + self.bias
        return rgb if picture is None else rgb + self.upsample(picture)


class Upsample(nn.Module):
    """Doubles the size of the picture with StyleGAN2's filter."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", Blur(4.0, padding=0).kernel)

    def forward(self, x: Tensor) -> Tensor:
        return ops.upsample(x, self.kernel)


class ConstantInput(nn.Module):
    """The learned 4 px map every face starts from."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.randn(1, channels, 4, 4))


class PixelNorm(nn.Module):
    """Brings the style input to unit mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + _EPSILON)


@dataclass
class Drawing:
    """What the decoder has made so far.

    x: feature map (B, C, H, W). picture: (B, 3, H, W) float32. style: (B, style_dim) float32, after the mapping.
    """

    x: Tensor
    picture: Tensor
    style: Tensor


class Decoder(nn.Module):
    """StyleGAN2's synthesis network with encoder features for noise and one style for all levels."""

    def __init__(self, config: GPENConfig) -> None:
        super().__init__()
        dim = config.style_dim
        mapping = [EqualLinear(dim, dim, lr=_MAPPING_LR, activation=True) for _ in range(config.mapping_depth)]
        self.style = nn.Sequential(PixelNorm(), *mapping)
        constant, width = config.decoder_channels(4)
        joined = config.channels(4) if config.concat else 0
        self.input = ConstantInput(constant)
        self.conv1 = StyledConv(constant, width, joined, dim)
        self.to_rgb1 = ToRGB(width + joined, dim, upsample=False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for resolution in config.resolutions[1:]:
            inputs = width + joined
            first, width = config.decoder_channels(resolution)
            joined = config.channels(resolution) if config.concat else 0
            self.convs.append(StyledConv(inputs, first, joined, dim, upsample=True))
            self.convs.append(StyledConv(first + joined, width, joined, dim))
            self.to_rgbs.append(ToRGB(width + joined, dim))

    def forward(self, style: Tensor, features: list[Tensor]) -> Drawing:
        """style: (B, style_dim) float32, before the mapping. features: encoder maps, 4 px first.

        The features are taken out of the list, so that the memory of each is free once it is used.
        """
        smallest = features.pop(0)
        style = self.style(style)
        x = self.input.input.to(smallest.dtype).repeat(smallest.shape[0], 1, 1, 1)
        x = self.conv1(x.contiguous(memory_format=torch.channels_last), style, smallest)
        drawing = Drawing(x, self.to_rgb1(x, style), style)
        for level in range(len(features)):
            self.grow(level, drawing, features.pop(0))
        return drawing

    def grow(self, level: int, drawing: Drawing, encoded: Tensor) -> None:
        """Double the size of what is drawn, in place. Level 0 makes 8 px of 4. encoded: features of the new size.

        May overwrite the maps it replaces.
        """
        drawing.x = self.convs[2 * level](drawing.x, drawing.style, encoded)
        drawing.x = self.convs[2 * level + 1](drawing.x, drawing.style, encoded)
        drawing.picture = self.to_rgbs[level](drawing.x, drawing.style, drawing.picture)
