"""Reading whole inputs: folders, files, zips, what is refused and what is said."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from brainsand.errors import ChoiceError, GeometryError, InputRefused, ReadError
from brainsand.read.scan import ReadScan, read_scan
from samples import axial_positions, head_hu, slice_dataset, write, write_enhanced, write_series


def codes(scan: ReadScan) -> set[str]:
    return {caution.code for caution in scan.acquisition.cautions}


def refused(path: Path, **kwargs: str) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_scan(path, **kwargs)
    assert caught.value.came
    assert caught.value.needed
    assert caught.value.todo
    return caught.value


def test_a_folder_gives_its_hu_on_its_grid(tmp_path: Path) -> None:
    hu = head_hu()
    write_series(tmp_path, hu)
    scan = read_scan(tmp_path)
    assert scan.volume.hu.dtype == np.int16
    assert np.array_equal(scan.volume.hu, np.maximum(hu, -1024))
    assert scan.volume.grid.points([[0, 0, 0], [2, 3, 4]]).tolist() == [[-100, -110, 20], [-76, -92, 30]]
    assert codes(scan) == set()
    assert scan.acquisition.kvp == 120
    assert len(scan.acquisition.sha256) == 64


def test_source_frames_name_the_slice_each_came_from(tmp_path: Path) -> None:
    write_series(tmp_path, positions=axial_positions(12)[::-1])
    frames = read_scan(tmp_path).acquisition.source_frames
    assert [uid.rsplit(".", 1)[1] for uid, _ in frames] == [str(n) for n in range(12, 0, -1)]
    assert {frame for _, frame in frames} == {1}


def test_names_nesting_and_strangers_do_not_matter(tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain", tmp_path / "odd"
    write_series(plain)
    names = [f"a/b{k % 3}/IM{(k * 7) % 12}" for k in range(12)]
    write_series(odd, names=names)
    (odd / "readme.txt").write_text("not an image")
    (odd / "empty").write_bytes(b"")
    (odd / "a" / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))
    one, other = read_scan(plain), read_scan(odd)
    assert np.array_equal(one.volume.hu, other.volume.hu)
    assert one.acquisition.sha256 == other.acquisition.sha256
    assert codes(other) == set()


def test_a_zip_gives_the_same_as_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    write_series(folder)
    packed = Path(shutil.make_archive(str(tmp_path / "scan"), "zip", folder))
    assert read_scan(packed).acquisition.sha256 == read_scan(folder).acquisition.sha256


def test_an_enhanced_file_gives_the_same_voxels_as_single_slices(tmp_path: Path) -> None:
    hu = head_hu()
    order = np.random.default_rng(1).permutation(12)
    path = write_enhanced(tmp_path / "one.dcm", hu[order], [axial_positions(12)[k] for k in order])
    write_series(tmp_path / "many", hu)
    scan, plain = read_scan(path), read_scan(tmp_path / "many")
    assert np.array_equal(scan.volume.hu, plain.volume.hu)
    assert np.allclose(scan.volume.grid.affine, plain.volume.grid.affine)
    assert [order[frame - 1] for _, frame in scan.acquisition.source_frames] == list(range(12))
    assert scan.acquisition.format == "DICOM, enhanced"
    assert scan.acquisition.sharp_kernel is False


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_pixels_are_exact(tmp_path: Path, syntax: str) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    packed.mkdir()
    paths = write_series(plain, (head_hu((6, 32, 32)) + 1024).astype(np.uint16), intercept=-1024)
    for path in paths:
        compress(path, packed / path.name, syntax)
    assert read_scan(packed).acquisition.sha256 == read_scan(plain).acquisition.sha256


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1])
def test_compressed_negative_numbers_are_exact(tmp_path: Path, syntax: str) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    packed.mkdir()
    for path in write_series(plain, head_hu((6, 32, 32))):
        compress(path, packed / path.name, syntax)
    assert pydicom.dcmread(packed / "1_000").file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(read_scan(packed).volume.hu, read_scan(plain).volume.hu)


@pytest.mark.parametrize(
    "syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian]
)
def test_other_uncompressed_syntaxes_are_exact(tmp_path: Path, syntax: str) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    other.mkdir()
    for path in write_series(plain, head_hu((6, 32, 32))):
        ds = pydicom.dcmread(path)
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = ds.pixel_array.astype(">i2").tobytes()
        ds.file_meta.TransferSyntaxUID = syntax
        named = pydicom.dataset.FileDataset("", ds, file_meta=ds.file_meta, preamble=bytes(128))
        big, implicit = syntax == ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
        pydicom.dcmwrite(other / path.name, named, implicit_vr=implicit, little_endian=not big)
    assert np.array_equal(read_scan(other).volume.hu, read_scan(plain).volume.hu)


def compress(source: Path, target: Path, syntax: str) -> None:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(source))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(target))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def test_a_headless_implicit_file_is_read(tmp_path: Path) -> None:
    write_series(tmp_path / "plain")
    (tmp_path / "bare").mkdir()
    for path in (tmp_path / "plain").iterdir():
        ds = pydicom.dcmread(path)
        del ds.file_meta
        pydicom.dcmwrite(
            tmp_path / "bare" / path.name,
            pydicom.Dataset(ds),
            implicit_vr=True,
            little_endian=True,
            enforce_file_format=False,
        )
    assert (tmp_path / "bare" / "1_000").read_bytes()[128:132] != b"DICM"
    bare, plain = read_scan(tmp_path / "bare"), read_scan(tmp_path / "plain")
    assert bare.acquisition.sha256 == plain.acquisition.sha256
    assert "series 1 " in bare.choice_words


@pytest.mark.parametrize("content", [b"hello, I am a text", bytes(4000), b"DICM" * 100])
def test_a_file_that_is_no_dicom_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    assert refused(path).code == "not_dicom"


def test_nothing_there_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere").code == "not_found"
    assert refused(tmp_path).code == "not_dicom"


@pytest.mark.parametrize("kept", [0.6, 0.99])
def test_a_truncated_slice_is_refused(tmp_path: Path, kept: float) -> None:
    paths = write_series(tmp_path)
    content = paths[5].read_bytes()
    paths[5].write_bytes(content[: int(len(content) * kept)])
    fault = refused(tmp_path)
    assert fault.code == "truncated"
    assert "1_005" in fault.came


def test_a_slice_cut_within_its_header_is_said_and_leaves_a_hole(tmp_path: Path) -> None:
    paths = write_series(tmp_path)
    paths[5].write_bytes(paths[5].read_bytes()[:300])
    assert codes(read_scan(tmp_path)) == {"damaged_files", "missing_slice", "uneven_spacing"}


def test_one_slice_is_not_a_head(tmp_path: Path) -> None:
    fault = refused(write_series(tmp_path)[3])
    assert fault.code == "too_few_slices"
    assert "A slice is not a head" in fault.came


def test_mr_is_refused_by_name(tmp_path: Path) -> None:
    write_series(tmp_path, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    fault = refused(tmp_path)
    assert fault.code == "not_ct"
    assert "MR" in fault.came


def test_a_ct_wins_over_the_mr_and_the_plan_beside_it(tmp_path: Path) -> None:
    write_series(tmp_path / "mr", series="3", Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    write_series(tmp_path / "ct", series="7")
    scan = read_scan(tmp_path)
    assert scan.acquisition.series_uid is not None
    assert scan.acquisition.series_uid.endswith(".7")
    assert "modality MR" in scan.choice_words


def test_eight_bit_pixels_without_a_scale_are_refused(tmp_path: Path) -> None:
    grey = np.clip(head_hu() // 4 + 100, 0, 255).astype(np.uint8)
    write_series(tmp_path, grey)
    assert refused(tmp_path).code == "eight_bit"


def test_eight_bit_pixels_with_a_scale_are_said(tmp_path: Path) -> None:
    grey = np.clip((head_hu().astype(int) + 1024) // 8, 0, 255).astype(np.uint8)
    write_series(tmp_path, grey, slope=8, intercept=-1024)
    scan = read_scan(tmp_path)
    assert "eight_bit" in codes(scan)
    assert abs(int(np.median(scan.volume.hu[6, 14:18, 14:18])) - 35) <= 8


def test_an_offset_of_1024_left_in_is_taken_off_and_said(tmp_path: Path) -> None:
    hu = head_hu()
    write_series(tmp_path, (hu + 1024).clip(0).astype(np.uint16), RescaleSlope=None, RescaleIntercept=None)
    scan = read_scan(tmp_path)
    assert codes(scan) == {"offset_1024", "no_rescale"}
    assert np.array_equal(scan.volume.hu, hu.clip(-1024))


def test_two_patients_in_a_folder_are_listed(tmp_path: Path) -> None:
    write_series(tmp_path / "a", series="1", patient="ID-A", study="1", SeriesDescription="HEAD")
    write_series(tmp_path / "b", series="2", patient="ID-B", study="2", SeriesDescription="BRAIN")
    with pytest.raises(ChoiceError) as caught:
        read_scan(tmp_path)
    assert caught.value.code == "several_patients"
    assert "HEAD" in caught.value.came
    assert "BRAIN" in caught.value.came
    assert "ID-A" not in str(caught.value)
    assert read_scan(tmp_path, series="2").acquisition.description == "BRAIN"


def test_a_strangers_scout_beside_the_scan_is_said_and_left(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    kind = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout = slice_dataset(head_hu()[0], series="9", patient="OTHER", ImageType=kind)
    write(scout, tmp_path / "scout")
    assert codes(read_scan(tmp_path)) == {"other_patients"}


def test_a_lone_bone_kernel_is_read_with_a_caution(tmp_path: Path) -> None:
    write_series(tmp_path, ConvolutionKernel="BONEPLUS")
    scan = read_scan(tmp_path)
    assert codes(scan) == {"bone_kernel"}
    assert scan.acquisition.sharp_kernel is True


def test_unreadable_compression_is_refused(tmp_path: Path) -> None:
    for path in write_series(tmp_path, head_hu((6, 32, 32))):
        ds = pydicom.dcmread(path)
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
        ds.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f" + bytes(60)])
        ds["PixelData"].VR = "OB"
        ds.save_as(path)
    fault = refused(tmp_path)
    assert fault.code == "compression"
    assert "JPEG 2000" in fault.came


def test_an_unknown_syntax_is_refused(tmp_path: Path) -> None:
    for path in write_series(tmp_path, head_hu((6, 32, 32))):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.99999.1.2.1\0"))
    assert refused(tmp_path).code == "compression"


def test_colour_pictures_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    assert refused(tmp_path).code == "not_ct"


@pytest.mark.parametrize("name", ["../evil.dcm", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_a_zip_that_leaves_itself_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "scan.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    assert refused(path).code == "zip_path"
    assert [p.name for p in tmp_path.iterdir()] == ["scan.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refused(tmp_path / "scan.zip").code == "zip_path"


def test_a_zip_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(10):
            archive.writestr(f"{k}.dcm", bytes(4 * 2**20))
    assert refused(path).code == "zip_bomb"


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dcm", bytes(2**20))
    content = path.read_bytes().replace(struct.pack("<I", 2**20), struct.pack("<I", 1000))
    path.write_bytes(content)
    assert refused(path).code == "zip_broken"


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b""])
def test_a_broken_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scan.zip"
    path.write_bytes(content)
    assert refused(path).code == "zip_broken"


def test_identity_stays_at_the_door(tmp_path: Path) -> None:
    folder = tmp_path / "DOE_JANE_CT"
    write_series(
        folder,
        patient="MRN12345",
        SeriesDescription="Head Doe MRN12345",
        PatientBirthDate="19290101",
        StudyDate="20240701",
        PatientSex="F",
        InstitutionName="Somewhere General",
    )
    scan = read_scan(folder)
    everything = (repr(scan.acquisition) + scan.choice_words).lower()
    for secret in ("doe", "jane", "mrn12345", "1929", "2024", "somewhere"):
        assert secret not in everything
    assert (scan.acquisition.age_years, scan.acquisition.sex) == (90.0, "F")


def test_rescale_is_each_slices_own(tmp_path: Path) -> None:
    hu = head_hu()
    for k in range(12):
        slope, intercept = (1, -1024) if k % 2 else (2, -1000)
        stored = ((hu[k].astype(int) - intercept) // slope).clip(0).astype(np.uint16)
        place = axial_positions(12)[k]
        ds = slice_dataset(stored, number=k + 1, position=place, slope=slope, intercept=intercept)
        write(ds, tmp_path / str(k))
    read = read_scan(tmp_path).volume.hu
    assert np.array_equal(read[1::2], hu[1::2].clip(-1024))
    assert np.abs(read[::2].astype(int) - hu[::2].clip(-1000)).max() <= 1


def test_a_fractional_rescale_gives_floats(tmp_path: Path) -> None:
    stored = (head_hu() + 1024).clip(0).astype(np.uint16)
    write_series(tmp_path, stored, slope=0.5, intercept=-1000.25)
    hu = read_scan(tmp_path).volume.hu
    assert hu.dtype == np.float32
    assert np.allclose(hu, (stored * 0.5 - 1000.25).clip(-1024))


@pytest.mark.parametrize("padding", [-2000, 63536])
def test_padding_becomes_air(tmp_path: Path, padding: int) -> None:
    hu = head_hu()
    hu[:, :4] = -2000
    for path in write_series(tmp_path, hu):
        ds = pydicom.dcmread(path)
        ds.add_new(0x00280120, "US" if padding > 0 else "SS", padding)
        ds.save_as(path)
    read = read_scan(tmp_path).volume.hu
    assert read.min() == -1024
    assert (read[:, :4] == -1024).all()
    assert np.array_equal(read[:, 4:], hu[:, 4:].clip(-1024))


def test_padding_with_a_tissues_value_is_believed_only_at_the_edge(tmp_path: Path) -> None:
    hu = head_hu()
    hu[:, :4], hu[:, 16, 16] = 0, 0
    for path in write_series(tmp_path, hu):
        ds = pydicom.dcmread(path)
        ds.add_new(0x00280120, "SS", 0)
        ds.save_as(path)
    scan = read_scan(tmp_path)
    assert (scan.volume.hu[:, :4] == -1024).all()
    assert (scan.volume.hu[:, 16, 16] == 0).all()
    assert "padding_in_tissue_range" in codes(scan)


def test_twelve_bit_negatives_without_their_sign_are_mended(tmp_path: Path) -> None:
    hu = head_hu().clip(-2048, 2047)
    stored = (hu & 0x0FFF).astype(np.int16)
    write_series(tmp_path, stored, BitsStored=12, HighBit=11)
    assert np.array_equal(read_scan(tmp_path).volume.hu, hu.clip(-1024))


def test_values_beyond_bits_stored_are_kept(tmp_path: Path) -> None:
    hu = head_hu()
    hu[6, 16, 16] = 3800
    write_series(tmp_path, (hu + 1024).clip(0).astype(np.uint16), intercept=-1024, BitsStored=12, HighBit=11)
    assert read_scan(tmp_path).volume.hu[6, 16, 16] == 3800


def test_a_series_that_is_not_there_is_asked_back_with_a_list(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesDescription="HEAD")
    fault = refused(tmp_path, series="77")
    assert fault.code == "no_such_series"
    assert "HEAD" in fault.needed


def test_missing_spacing_and_missing_position_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "a", PixelSpacing=None)
    write_series(tmp_path / "b", ImagePositionPatient=None)
    assert refused(tmp_path / "a").code == "no_spacing"
    assert refused(tmp_path / "b").code == "no_position"
    with pytest.raises(GeometryError):
        read_scan(tmp_path / "a")


def test_a_map_in_other_units_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, RescaleType="Z_EFF")
    with pytest.raises(ReadError, match="Z_EFF"):
        read_scan(tmp_path)


def test_a_name_that_is_also_a_kernels_word_is_struck_from_free_text_alone(tmp_path: Path) -> None:
    write_series(
        tmp_path / "series",
        PatientName="HEAD^Soft",
        ConvolutionKernel="HEAD-SOFT",
        Manufacturer="HEAD Systems",
        SeriesDescription="HEAD soft 5 mm",
    )
    read = read_scan(tmp_path / "series").acquisition
    assert read.kernel == "HEAD-SOFT"
    assert read.sharp_kernel is False
    assert read.manufacturer == "HEAD Systems"
    assert read.description == "[removed] [removed] 5 mm"
