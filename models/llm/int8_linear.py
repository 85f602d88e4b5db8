"""Linear layers in 8 bits for the CPU: decoding waits for the memory, and a fourth of it is to be read."""

from __future__ import annotations

import warnings

import torch

# On AVX2, FBGEMM adds two products of an unsigned and a signed byte in 16 bits: 2 * 255 * 63 still fits, 2 * 255 * 127
# does not. So the weights take 7 bits, and the activations, which have outliers, keep 8.
_LARGEST_WEIGHT = 63
_ACTIVATION_SCALE, _ACTIVATION_ZERO = 1 / 127, 128
# Keeps a row of zeros from being divided by zero.
_TINY = 1e-12


def is_available() -> bool:
    """Whether torch has FBGEMM; on ARM it has not."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def quantise(model: torch.nn.Module) -> None:
    """Replaces every `torch.nn.Linear` within the model; leaves it as it is where that is not available.

    The rows of a batch do not influence each other, as they would with `torch.ao.quantization.quantize_dynamic`: there
    one scale serves all of them, and what a token is read as would depend on its neighbours in the batch.
    """
    if not is_available():
        return
    _replace_linear(model)
    # What is left still points into the weights file, which stays in memory as a whole for as long as anything does.
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def _replace_linear(module: torch.nn.Module) -> None:
    for name, child in module.named_children():
        if type(child) is torch.nn.Linear:
            setattr(module, name, Int8Linear(child))
        else:
            _replace_linear(child)


class Int8Linear(torch.nn.Module):
    """x W^T + b with W in 7 bits, one scale for each output, and x in 8 bits from each row's least to its largest."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scales = weight.abs().amax(dim=1).clamp(min=_TINY) / _LARGEST_WEIGHT
        zeros = torch.zeros(len(scales), dtype=torch.int64)
        with warnings.catch_warnings():
            # Announced to go in some later torch; the version is pinned, and there is no successor that is as fast.
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor, torch.quantize_per_channel")
            rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        self._weight = torch.ops.quantized.linear_prepack(rounded, None)
        self._sums = rounded.dequantize().sum(dim=1)  # of each output's weights
        self._bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (..., inputs) to (..., outputs), both float32."""
        y = self._one_row(x) if x.numel() == x.shape[-1] else self._rows(x)
        return y if self._bias is None else y.add_(self._bias)

    def _one_row(self, x: torch.Tensor) -> torch.Tensor:
        # While decoding. FBGEMM finds the scale itself: a sixth of the time of the whole token less.
        y: torch.Tensor = torch.ops.quantized.linear_dynamic(x, self._weight, False)
        return y

    def _rows(self, x: torch.Tensor) -> torch.Tensor:
        low, high = x.aminmax(dim=-1, keepdim=True)
        middle, half = (low + high) / 2, ((high - low) / 2).clamp_(min=_TINY)
        y: torch.Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            (x - middle) / half, _ACTIVATION_SCALE, _ACTIVATION_ZERO, self._weight
        )
        return y.mul_(half).add_(middle * self._sums)
