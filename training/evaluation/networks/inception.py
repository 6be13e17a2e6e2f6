"""Inception-v3 of 2015 as the Fréchet inception distance uses it; needs torch and the user's weights file.

The file is torch-fidelity's `weights-inception-2015-12-05-6726825d.pth` (the same as pytorch-fid's). It is read
as plain tensors: nothing in it is executed. Differences from the usual Inception-v3: 1,008 classes, average pools
that leave the padding out, and a max pool in the last block.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models_zoo.errors import DamagedFile, NotFound
from training.data.dataset import Dataset

SIDE = 299
BATCH = 16
Layer = Literal[64, 192, 768, 2048]


class Conv(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature maps (b, after, h, w)."""
        return F.relu(self.bn(self.conv(x)))


def average(x: Tensor) -> Tensor:
    """Pool averages of 3 x 3 that leave the padding out, as TensorFlow does."""
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class BlockA(nn.Module):
    """Mixed_5b, 5c, 5d."""

    def __init__(self, before: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = Conv(before, 64, 1)
        self.branch5x5_1, self.branch5x5_2 = Conv(before, 48, 1), Conv(48, 64, 5, padding=2)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = Conv(before, 64, 1), Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, padding=1)
        self.branch_pool = Conv(before, pool, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return four branches side by side."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        five = self.branch5x5_2(self.branch5x5_1(x))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(average(x))], 1)


class BlockB(nn.Module):
    """Mixed_6a."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3 = Conv(288, 384, 3, 2)
        self.branch3x3dbl_1, self.branch3x3dbl_2 = Conv(288, 64, 1), Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Conv(96, 96, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return three branches side by side, half the side."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, 2)], 1)


class BlockC(nn.Module):
    """Mixed_6b to 6e."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
        self.branch1x1 = Conv(768, 192, 1)
        self.branch7x7_1 = Conv(768, width, 1)
        self.branch7x7_2, self.branch7x7_3 = Conv(width, width, **wide), Conv(width, 192, **tall)  # type: ignore[arg-type]
        self.branch7x7dbl_1 = Conv(768, width, 1)
        self.branch7x7dbl_2, self.branch7x7dbl_3 = Conv(width, width, **tall), Conv(width, width, **wide)  # type: ignore[arg-type]
        self.branch7x7dbl_4, self.branch7x7dbl_5 = Conv(width, width, **tall), Conv(width, 192, **wide)  # type: ignore[arg-type]
        self.branch_pool = Conv(768, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return four branches side by side."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(average(x))], 1)


class BlockD(nn.Module):
    """Mixed_7a."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1, self.branch3x3_2 = Conv(768, 192, 1), Conv(192, 320, 3, 2)
        self.branch7x7x3_1, self.branch7x7x3_2 = Conv(768, 192, 1), Conv(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3, self.branch7x7x3_4 = Conv(192, 192, (7, 1), padding=(3, 0)), Conv(192, 192, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return three branches side by side, half the side."""
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, F.max_pool2d(x, 3, 2)], 1)


class BlockE(nn.Module):
    """Mixed_7b (average pool) and 7c (max pool, a quirk of the published weights)."""

    def __init__(self, before: int, *, max_pool: bool) -> None:
        super().__init__()
        wide, tall = {"kernel": (1, 3), "padding": (0, 1)}, {"kernel": (3, 1), "padding": (1, 0)}
        self.max_pool = max_pool
        self.branch1x1 = Conv(before, 320, 1)
        self.branch3x3_1 = Conv(before, 384, 1)
        self.branch3x3_2a, self.branch3x3_2b = Conv(384, 384, **wide), Conv(384, 384, **tall)  # type: ignore[arg-type]
        self.branch3x3dbl_1, self.branch3x3dbl_2 = Conv(before, 448, 1), Conv(448, 384, 3, padding=1)
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = Conv(384, 384, **wide), Conv(384, 384, **tall)  # type: ignore[arg-type]
        self.branch_pool = Conv(before, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return four branches side by side."""
        three, double = self.branch3x3_1(x), self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = F.max_pool2d(x, 3, 1, 1) if self.max_pool else average(x)
        parts = [
            self.branch1x1(x),
            self.branch3x3_2a(three),
            self.branch3x3_2b(three),
            self.branch3x3dbl_3a(double),
            self.branch3x3dbl_3b(double),
            self.branch_pool(pooled),
        ]
        return torch.cat(parts, 1)


class Inception(nn.Module):
    """The network up to its last pool, tapped at one layer.

    Parameters
    ----------
    layer : {64, 192, 768, 2048}
        Number of features of the tap.
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.Conv2d_1a_3x3, self.Conv2d_2a_3x3 = Conv(3, 32, 3, 2), Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1, self.Conv2d_4a_3x3 = Conv(64, 80, 1), Conv(80, 192, 3)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = BlockA(192, 32), BlockA(256, 64), BlockA(288, 64)
        self.Mixed_6a = BlockB()
        self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e = BlockC(128), BlockC(160), BlockC(160), BlockC(192)
        self.Mixed_7a = BlockD()
        self.Mixed_7b, self.Mixed_7c = BlockE(1280, max_pool=False), BlockE(2048, max_pool=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (b, layer) of images (b, 3, 299, 299) in [-1, 1]."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = F.max_pool2d(x, 3, 2)
        if self.layer > 64:
            x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, 2)
        if self.layer > 192:
            x = self.Mixed_6a(self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x))))
            x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(x))))
        if self.layer > 768:
            x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean(dim=(2, 3))


def resize_matrix(before: int, after: int = SIDE) -> Tensor:
    """Return weights (after, before) of TensorFlow 1's bilinear resize: the source of pixel i is i * before / after."""
    source = torch.arange(after, dtype=torch.float64) * before / after
    low = source.floor().long()
    high = (low + 1).clamp(max=before - 1)
    share = source - low
    weights = torch.zeros(after, before, dtype=torch.float64)
    rows = torch.arange(after)
    weights.index_put_((rows, low), 1 - share, accumulate=True)
    weights.index_put_((rows, high), share, accumulate=True)
    return weights.float()


@dataclass(frozen=True)
class InceptionFeatures:
    """Features of images, as the metric calls them."""

    net: Inception

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return features (n, layer) of images (n, height, width, 1 or 3)."""
        rows, columns = resize_matrix(images.shape[1]), resize_matrix(images.shape[2])
        parts = []
        with torch.no_grad():
            for start in range(0, len(images), BATCH):
                planes = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH].transpose(0, 3, 1, 2)))
                planes = rows @ planes.float().expand(-1, 3, -1, -1) @ columns.T
                parts.append(self.net((planes - 128) / 128))
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)


def load(dataset: Dataset, *, path: str, layer: Layer, threads: int = 1) -> InceptionFeatures:  # noqa: ARG001
    """Load the user's weights; they are the same for every data set.

    Raises
    ------
    NotFound, DamagedFile
        If there is no such file, or it does not hold the tensors of this network.
    """
    if not Path(path).is_file():
        raise NotFound(
            f"got {path}, which does not exist; allowed: torch-fidelity's weights of Inception; name that file in "
            "fid.weights"
        )
    torch.set_num_threads(threads)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - unpickling raises whatever the file makes it raise
        raise DamagedFile(
            f"got {path}, which holds no tensors ({type(error).__name__}); allowed: the weights of 2015-12-05; "
            "download them again"
        ) from None
    net = Inception(layer)
    wanted = net.state_dict()
    lacking = [name for name in wanted if not hasattr(tensors, "get") or name not in tensors]
    if lacking:
        raise DamagedFile(f"got {path} without {lacking[0]}; allowed: the weights of 2015-12-05; download them again")
    try:
        net.load_state_dict({name: tensors[name] for name in wanted})
    except RuntimeError as error:
        raise DamagedFile(
            f"got {path} with tensors of other shapes: {str(error).splitlines()[-1].strip()}; allowed: the weights of "
            "2015-12-05; download them again"
        ) from None
    return InceptionFeatures(net.eval())
