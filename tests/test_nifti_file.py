"""Label maps as others read them."""

from __future__ import annotations

import gzip
import io
import time

import nibabel
import numpy as np
import pytest

from brainsand.nifti_file import image_gz, labels_gz

UPRIGHT = np.diag([-0.5, -0.5, 2.0, 1.0])
SHEARED = np.array([[-0.5, 0, 0, 90], [0, -0.5, 0.7, 80], [0, 0, 2.0, -40], [0, 0, 0, 1.0]])


def read(packed):
    """Through the standard library's gzip and nibabel, not through what wrote it."""
    return nibabel.Nifti1Image.from_stream(io.BytesIO(gzip.decompress(packed)))


def labels(largest):
    array = np.zeros((5, 4, 3), np.int32)
    array[1, 2, 0], array[4, 3, 2] = 1, largest
    return array


@pytest.mark.parametrize(
    "largest, stored", [(127, "uint8"), (128, "uint8"), (255, "uint8"), (256, "int16"), (32768, "int32")]
)
def test_every_number_comes_back_and_the_type_is_the_smallest(largest, stored):
    image = read(labels_gz(labels(largest), UPRIGHT, words="test"))
    assert image.get_data_dtype() == stored
    np.testing.assert_array_equal(np.asarray(image.dataobj), labels(largest))


def test_a_map_without_labels_is_written_too():
    assert np.asarray(read(labels_gz(np.zeros((2, 2, 2), np.int32), UPRIGHT, words="")).dataobj).sum() == 0


def test_equal_maps_give_equal_bytes_at_any_time():
    first = labels_gz(labels(7), SHEARED, words="test")
    time.sleep(1.1)
    assert labels_gz(labels(7), SHEARED, words="test") == first
    assert first[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00" + first[8:10]


def test_the_memory_order_of_the_array_is_of_no_account():
    assert labels_gz(np.asfortranarray(labels(7)), UPRIGHT, words="") == labels_gz(
        labels(7), UPRIGHT, words=""
    )


def test_an_upright_map_says_its_place_in_both_forms():
    header = read(labels_gz(labels(7), UPRIGHT, words="")).header
    assert (int(header["qform_code"]), int(header["sform_code"])) == (1, 1)
    np.testing.assert_allclose(header.get_qform(), UPRIGHT, atol=1e-6)
    np.testing.assert_allclose(header.get_sform(), UPRIGHT)


def test_a_tilted_map_says_its_place_in_the_sform_alone():
    image = read(labels_gz(labels(7), SHEARED, words=""))
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (0, 1)
    np.testing.assert_allclose(image.affine, SHEARED, atol=1e-5)


def test_the_header_says_millimetres_and_labels():
    header = read(labels_gz(labels(7), UPRIGHT, words="the number of each deposit")).header
    assert header.get_xyzt_units()[0] == "mm"
    assert header.get_intent()[0] == "label"
    assert header["descrip"].item() == b"the number of each deposit"


def test_an_image_keeps_its_negative_numbers():
    hu = np.array([-1024, -1, 0, 3071], np.int16).reshape(2, 2, 1)
    image = read(image_gz(hu, UPRIGHT, words="a virtual head"))
    assert image.get_data_dtype() == "int16"
    np.testing.assert_array_equal(np.asarray(image.dataobj), hu)
    assert image.header.get_intent()[0] == "none"
