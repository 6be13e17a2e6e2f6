"""Tiny files in the official formats: same keys, dtypes, axis order, endianness and compression."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

NORB_MAGIC = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54}


class Bomb:
    """Unpickling this is the failure."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('metadata was unpickled')",))


def dsprites_npz(path: Path, images: np.ndarray) -> None:
    metadata = np.array(Bomb(), dtype=object)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
        archive.writestr("metadata.npy", buffer.getvalue() + pickle.dumps(metadata, protocol=2))
        for name, array in (
            ("imgs", images),
            ("latents_classes", np.zeros((len(images), 6), np.int64)),
            ("latents_values", np.zeros((len(images), 6))),
        ):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, version=(1, 0))
            archive.writestr(f"{name}.npy", buffer.getvalue())


def norb_matrix(path: Path, array: np.ndarray) -> None:
    sizes = list(array.shape) + [1] * (3 - array.ndim)
    header = struct.pack(f"<ii{len(sizes)}i", NORB_MAGIC[str(array.dtype)], array.ndim, *sizes)
    path.write_bytes(gzip.compress(header + array.astype(array.dtype.newbyteorder("<")).tobytes()))


def idx_file(path: Path, array: np.ndarray) -> None:
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def cars_archive(path: Path, names: list[str], pictures: dict[str, np.ndarray], order_in_archive: list[str]) -> None:
    with tarfile.open(path, "w:gz") as archive:

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        for name in order_in_archive:
            buffer = io.BytesIO()
            scipy.io.savemat(buffer, {"im": pictures[name], "mask": np.zeros((2, 2), np.uint8)})
            add(f"data/cars/{name}.mat", buffer.getvalue())
        add("data/cars/list.txt", "\n".join(names).encode())


def numbered_pngs(folder: Path, count: int, colour) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", (128, 128), colour(number)).save(folder / f"{number:06d}.png")


def celeba_files(folder: Path, faces: dict[str, tuple[int, int, int]], attributes: list[str], values, parts) -> None:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for name, colour in faces.items():
            buffer = io.BytesIO()
            Image.new("RGB", (178, 218), colour).save(buffer, "JPEG", quality=95)
            archive.writestr(f"img_align_celeba/{name}", buffer.getvalue())
    lines = [str(len(faces)), " ".join(attributes)]
    lines += [f"{name} " + " ".join(f"{value:2d}" for value in row) for name, row in zip(faces, values, strict=True)]
    (folder / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    rows = [f"{name} {part}" for name, part in zip(faces, parts, strict=True)]
    (folder / "list_eval_partition.txt").write_text("\n".join(rows) + "\n")
