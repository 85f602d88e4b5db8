"""What a picture says of itself: in words, and signed. Anybody's file may be in the folder, and lie."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from drawings import origin, scene, work
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.errors import SigningFailed
from assistant.pictures import provenance
from assistant.pictures.certificate import Identity, identity
from assistant.pictures.gallery import Gallery
from assistant.pictures.signature import check
from assistant.pictures.watermark import find
from assistant.pictures.work import Work

DRAWN = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DRAWN_INTO = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "gallery", tmp_path / "signing")


def manifest(path: Path) -> dict[str, Any]:
    """The statement of a file, as C2PA's own reader gives it."""
    with c2pa.Reader(path) as reader:
        whole = json.loads(reader.json())
    assert whole["validation_state"] == "Valid"
    active: dict[str, Any] = whole["manifests"][whole["active_manifest"]]
    return active


def actions(path: Path) -> list[dict[str, Any]]:
    (assertion,) = [each for each in manifest(path)["assertions"] if each["label"].startswith("c2pa.actions")]
    found: list[dict[str, Any]] = assertion["data"]["actions"]
    return found


def test_a_picture_says_in_words_how_it_was_made(gallery: Gallery) -> None:
    said = origin(prompt="ein Haus, 家", asked="ein großes Haus", negative_prompt="people", parent="an-older-one")
    entry = gallery.add(work(prompt="a house"))
    child = gallery.add(
        Work(
            (scene(64, 64, 2),),
            origin("edit", prompt="ein Haus, 家", asked="ein großes Haus", negative_prompt="people", parent=entry.id),
        )
    )
    with Image.open(child.path) as image:
        image.load()
        assert image.info | {"Creation Time": ""} == {
            "Software": "multimodal-voice-assistant",
            "Description": said.prompt,
            "Asked": said.asked,
            "Negative prompt": "people",
            "Kind": "edit",
            "Model": "tiny-sd",
            "Licence": "Apache-2.0",
            "Seed": "3",
            "Steps": "20",
            "Parent": entry.id,
            "Creation Time": "",
        }


def test_a_new_picture_is_signed_as_the_work_of_a_model(gallery: Gallery) -> None:
    entry = gallery.add(work(scene()))
    created, mark = actions(entry.path)
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == DRAWN
    assert created["softwareAgent"] == {"name": "tiny-sd"}
    assert created["parameters"]["Description"] == "a red apple"
    assert mark["action"] == "c2pa.watermarked.unbound"
    assert manifest(entry.path)["title"] == entry.path.name
    assert "ingredients" not in manifest(entry.path)


def test_a_changed_picture_names_the_one_before_as_its_ingredient(gallery: Gallery) -> None:
    old = gallery.add(work(scene()))
    new = gallery.add(work(scene(seed=2), kind="edit", parent=old.id))
    opened, edited, _ = actions(new.path)
    assert (opened["action"], edited["action"]) == ("c2pa.opened", "c2pa.edited")
    assert edited["digitalSourceType"] == DRAWN
    (ingredient,) = manifest(new.path)["ingredients"]
    assert ingredient["title"] == old.path.name
    assert ingredient["relationship"] == "parentOf"
    assert ingredient["active_manifest"] == manifest(old.path)["label"]


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.webp", "photo.gif"])
def test_a_photograph_that_was_drawn_into_stays_one_in_part(gallery: Gallery, tmp_path: Path, name: str) -> None:
    Image.fromarray(scene(64, 64).pixels).save(tmp_path / name)
    entry = gallery.add(Work((scene(64, 64, 2),), origin("edit", parent=name), source=tmp_path / name))
    assert actions(entry.path)[1]["digitalSourceType"] == DRAWN_INTO
    assert manifest(entry.path)["ingredients"][0]["title"] == name


def test_a_copy_of_what_was_drawn_here_is_no_photograph(gallery: Gallery, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(gallery.add(work()).path.read_bytes())
    entry = gallery.add(Work((scene(64, 64, 2),), origin("edit", parent="copy.png"), source=copy))
    assert actions(entry.path)[1]["digitalSourceType"] == DRAWN


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_an_animation_is_signed_and_says_how_it_was_made(gallery: Gallery, suffix: Any) -> None:
    frames = tuple(scene(256, 256, seed) for seed in range(3))
    entry = gallery.add(Work(frames, origin("animate", prompt="a cat → a dog"), suffix=suffix))
    assert actions(entry.path)[0]["digitalSourceType"] == DRAWN
    assert gallery.entry(entry.id) == entry
    assert find(gallery.picture(entry.id)).is_there


@pytest.mark.parametrize("suffix", [".png", ".gif", ".mp4"])
def test_a_changed_byte_of_a_picture_is_noticed(gallery: Gallery, suffix: Any) -> None:
    pictures = tuple(scene(64, 64, seed) for seed in range(1 if suffix == ".png" else 3))
    entry = gallery.add(Work(pictures, origin("draw" if suffix == ".png" else "animate"), suffix=suffix))
    assert check(entry.path) == "valid"
    content = bytearray(entry.path.read_bytes())
    content[-len(content) // 8] ^= 1
    entry.path.write_bytes(content)
    assert check(entry.path) == "invalid"


def test_a_changed_word_is_noticed(gallery: Gallery) -> None:
    entry = gallery.add(work())
    entry.path.write_bytes(entry.path.read_bytes().replace(b"Description\0a red", b"Description\0a bad"))
    assert check(entry.path) == "invalid"


def test_a_picture_of_anybody_is_not_signed(tmp_path: Path) -> None:
    Image.fromarray(scene(64, 64).pixels).save(tmp_path / "a.png")
    assert check(tmp_path / "a.png") == "none"


def test_no_server_is_asked_for_a_statement_that_lies_elsewhere(gallery: Gallery, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/a.c2pa"
        photo.write_bytes(_signed_elsewhere(address, identity(tmp_path)))
        assert check(photo) == "none"
        entry = gallery.add(Work((scene(64, 64, 2),), origin("edit", parent="photo.png"), source=photo))
        assert check(entry.path) == "valid"
        with pytest.raises(BlockingIOError):  # nobody has knocked
            listening.accept()


def _signed_elsewhere(address: str, signer: Identity) -> bytes:
    plain, written = io.BytesIO(), io.BytesIO()
    Image.fromarray(scene(64, 64).pixels).save(plain, "PNG")
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, signer.certificate, signer.key, None)
    action = {"action": "c2pa.created", "digitalSourceType": DRAWN}
    assertion = {"label": "c2pa.actions.v2", "data": {"actions": [action]}}
    with c2pa.Builder({"title": "photo", "assertions": [assertion]}) as builder:
        builder.set_no_embed()
        builder.set_remote_url(address)
        builder.sign(c2pa.Signer.from_info(info), "image/png", io.BytesIO(plain.getvalue()), written)
    assert address.encode() in written.getvalue()
    return written.getvalue()


def test_a_picture_whose_original_is_gone_is_not_signed(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(SigningFailed, match=r"photo\.png"):
        gallery.add(Work((scene(64, 64),), origin("vary", parent="photo.png"), source=tmp_path / "photo.png"))
    assert gallery.entries() == []


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = identity(tmp_path / "signing")
    (path,) = (tmp_path / "signing").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert identity(tmp_path / "signing") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_certificate_says_nothing_about_its_user(tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(identity(tmp_path).certificate)
    assert certificate.subject.rfc4514_string() == "CN=This machine,O=multimodal-voice-assistant"


def test_a_damaged_certificate_is_said_and_how_to_get_a_new_one(gallery: Gallery, tmp_path: Path) -> None:
    identity(tmp_path / "signing")
    (path,) = (tmp_path / "signing").iterdir()
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SigningFailed, match=r"certificate\.pem is damaged .*delete it"):
        gallery.add(work())
    assert not list((tmp_path / "gallery").glob("*"))
    path.unlink()
    assert check(gallery.add(work()).path) == "valid"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SigningFailed, match="cannot be used"):
        identity(tmp_path / "signing")


@given(st.text(), st.text(), st.integers(0, 2**63 - 1))
def test_whatever_was_asked_comes_back_on_one_line(prompt: str, asked: str, seed: int) -> None:
    said = origin(prompt=prompt, asked=asked, seed=seed)
    again = provenance.origin_of(provenance.texts(said))
    assert again == provenance.cleaned(again)
    assert (again.prompt, again.seed) == (provenance.clean(prompt), seed)
    assert not any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in again.prompt + again.asked)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Software": "something else"}, "another program"),
        ({"Seed": "three"}, "three"),
        ({"Seed": "-3"}, "seed -3"),
        ({"Seed": ""}, "invalid literal"),
        ({"Kind": "stolen"}, "kind stolen"),
        ({"Creation Time": "yesterday"}, "yesterday"),
        ({"Creation Time": "2031-05-04T09:30:00"}, "made 2031"),
    ],
)
def test_texts_that_make_no_sense_are_none_of_ours(change: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        provenance.origin_of(provenance.texts(origin()) | change)


def test_times_are_kept_whatever_zone_they_are_in() -> None:
    made = datetime(2031, 5, 4, 9, 30, tzinfo=UTC)
    assert provenance.cleaned(origin(created=made.astimezone())).created == made
