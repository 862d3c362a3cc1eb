"""Augmentation agrees with its plain definition, and with torchvision where that has the same."""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from coursekit import data
from coursekit.data import augment
from coursekit.data.augment import ColourShift, RandomCrop, RandomHorizontalFlip, TenCrop
from tests.helpers import own_messages

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(256, size=(40, 3, 9, 11), dtype=np.uint8))
TRAIN = np.random.default_rng(1).integers(256, size=(7, 4, 5, 3), dtype=np.uint8)
RANDOM = {
    "crop": lambda seed=0: RandomCrop(6, seed=seed),
    "flip": lambda seed=0: RandomHorizontalFlip(seed=seed),
    "colour": lambda seed=0: ColourShift(TRAIN, sigma=0.5, seed=seed),
}
every_random_transform = pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)


@every_random_transform
def test_the_same_seed_gives_the_same_images(make):
    assert torch.equal(make(3)(IMAGES), make(3)(IMAGES))
    assert not torch.equal(make(3)(IMAGES), make(4)(IMAGES))


@every_random_transform
def test_a_second_call_draws_anew(make):
    transform = make()
    assert not torch.equal(transform(IMAGES), transform(IMAGES))


@every_random_transform
def test_the_global_generator_is_left_alone(make):
    before = torch.get_rng_state()
    make()(IMAGES)
    assert torch.equal(torch.get_rng_state(), before)


@every_random_transform
def test_one_image_goes_in_and_comes_out_without_a_batch(make):
    assert torch.equal(make()(IMAGES[0]), make()(IMAGES[:1])[0])


@every_random_transform
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
def test_the_type_stays(make, dtype):
    assert make()(IMAGES.to(dtype)).dtype == dtype


@every_random_transform
def test_a_copy_goes_on_as_the_original_does(make):
    transform = make()
    transform(IMAGES)
    copies = copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))
    out = transform(IMAGES)
    assert all(torch.equal(c(IMAGES), out) for c in copies)


@every_random_transform
def test_workers_draw_apart_and_anew_in_every_epoch(make, monkeypatch):
    outs = []
    for worker_seed in (100, 101, 200, 100):
        monkeypatch.setattr(augment, "get_worker_info", lambda s=worker_seed: SimpleNamespace(seed=s))
        outs.append(make()(IMAGES))
    assert torch.equal(outs[0], outs[3])
    assert not torch.equal(outs[0], outs[1])
    assert not torch.equal(outs[0], outs[2])


def test_real_workers_draw_apart_and_the_same_in_a_second_run():
    class Same(Dataset):
        flip = RandomHorizontalFlip(seed=0)

        def __len__(self):
            return 64

        def __getitem__(self, index):
            return self.flip(torch.arange(2.0).reshape(1, 1, 2))[0, 0, 0]

    def run():
        loader = DataLoader(Same(), batch_size=32, num_workers=2, generator=torch.Generator().manual_seed(5))
        return [list(loader) for _ in range(2)]  # two epochs of two batches, one of each worker

    first, second = run(), run()
    batches, again = ([batch for epoch in epochs for batch in epoch] for epochs in (first, second))
    assert len({tuple(batch.tolist()) for batch in batches}) == 4
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))


def test_transforms_stand_in_a_torchvision_pipeline():
    pipeline = v2.Compose([RandomCrop(8), RandomHorizontalFlip(), v2.ToDtype(torch.float32, scale=True)])
    out = pipeline(IMAGES)
    assert out.shape == (40, 3, 8, 8)
    assert out.max() <= 1


def test_a_crop_is_a_window_of_its_own_image():
    out = RandomCrop(6)(IMAGES)
    places = []
    for image, crop in zip(IMAGES, out, strict=True):
        windows = [
            (r, c) for r in range(4) for c in range(6) if torch.equal(image[:, r : r + 6, c : c + 6], crop)
        ]
        assert len(windows) == 1
        places += windows
    assert len(set(places)) > 10  # not one place for the whole batch


def test_all_places_of_a_crop_are_as_likely():
    index = torch.arange(12, dtype=torch.float32).reshape(1, 3, 4).expand(24_000, 1, 3, 4)
    corners = RandomCrop(2)(index)[:, 0, 0, 0].int()
    counts = torch.bincount(corners, minlength=12).reshape(3, 4)[:2, :3]
    assert counts.sum() == 24_000
    assert ((counts - 4000).abs() < 5 * (24_000 * 5 / 36) ** 0.5).all()  # five standard deviations


def test_a_crop_of_the_whole_image_is_the_image():
    assert torch.equal(RandomCrop(9)(IMAGES[..., :9]), IMAGES[..., :9])


def test_a_flip_mirrors_or_leaves_each_image_half_the_time():
    mirrored = []
    for image, out in zip(IMAGES, RandomHorizontalFlip()(IMAGES), strict=True):
        mirror = torch.tensor([[[*reversed(row)] for row in plane] for plane in image.tolist()])
        assert torch.equal(out, image) or torch.equal(out, mirror)
        mirrored.append(torch.equal(out, mirror))
    assert 10 <= sum(mirrored) <= 30


def test_the_components_are_those_of_the_covariance_of_all_pixels():
    eigenvalues, vectors = augment.colour_components(TRAIN)
    pixels = [TRAIN[n, r, c] / 255 for n in range(7) for r in range(4) for c in range(5)]
    covariance = np.cov(np.array(pixels), rowvar=False, bias=True)
    np.testing.assert_allclose(covariance @ vectors, vectors * eigenvalues, atol=1e-12)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(3), atol=1e-12)
    assert eigenvalues[0] >= eigenvalues[1] >= eigenvalues[2]
    assert (vectors[np.abs(vectors).argmax(axis=0), range(3)] > 0).all()


def test_components_of_many_images_are_summed_over_all_parts():
    many = np.random.default_rng(2).integers(256, size=(2500, 2, 2, 3), dtype=np.uint8)
    many[1000:] //= 2
    eigenvalues, _ = augment.colour_components(many)
    covariance = np.cov(many.reshape(-1, 3) / 255, rowvar=False, bias=True)
    np.testing.assert_allclose(eigenvalues, np.linalg.eigvalsh(covariance)[::-1], rtol=1e-9)


def test_the_first_component_of_photographs_is_brightness():
    eigenvalues, vectors = augment.colour_components(data.load("cifar10_small").x_train)
    assert (vectors[:, 0] > 0.5).all()  # red, green and blue go together
    assert eigenvalues[0] > 5 * eigenvalues[1]


def test_the_shift_is_the_papers_sum_for_each_pixel():
    shift = ColourShift(TRAIN, sigma=0.1, seed=6)
    images = IMAGES[:3].double() / 255
    alpha = 0.1 * torch.randn(3, 3, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    expected = images.clone()
    for n in range(3):
        for channel in range(3):
            for i in range(3):
                expected[n, channel] += shift.eigenvectors[channel, i] * alpha[n, i] * shift.eigenvalues[i]
    torch.testing.assert_close(shift(images), expected)


def test_alpha_has_mean_0_and_deviation_sigma():
    shift = ColourShift(TRAIN, sigma=0.1)
    moved = shift(torch.zeros(20_000, 3, 1, 1, dtype=torch.float64))[:, :, 0, 0]
    alpha = moved @ shift.eigenvectors / shift.eigenvalues
    torch.testing.assert_close(alpha.mean(0), torch.zeros(3, dtype=torch.float64), atol=0.004, rtol=0)
    torch.testing.assert_close(alpha.std(0), torch.full((3,), 0.1, dtype=torch.float64), atol=0.003, rtol=0)


def test_bytes_are_shifted_as_floats_are_then_rounded_and_clipped():
    by_float = ColourShift(TRAIN, sigma=5.0)(IMAGES.double() / 255) * 255
    by_byte = ColourShift(TRAIN, sigma=5.0)(IMAGES)
    assert (by_float < 0).any()
    assert (by_float > 255).any()
    assert (by_byte.double() - by_float.clamp(0, 255)).abs().max() <= 0.5001


def test_without_sigma_colours_stay():
    assert torch.equal(ColourShift(TRAIN, sigma=0.0)(IMAGES), IMAGES)


@pytest.mark.parametrize("images", [IMAGES, IMAGES.float(), IMAGES[0]], ids=["bytes", "floats", "one image"])
@pytest.mark.parametrize("size", [6, 7, 9])
def test_ten_crops_are_torchvisions(images, size):
    expected = v2.TenCrop(size)(images)
    assert torch.equal(TenCrop(size)(images), torch.stack(expected, dim=-4))
    assert torch.equal(
        TenCrop(size)(images)[..., :5, :, :, :], torch.stack(v2.FiveCrop(size)(images), dim=-4)
    )


def test_ten_crops_are_the_corners_the_middle_and_their_mirror_images():
    out = TenCrop(7)(IMAGES)
    assert out.shape == (40, 10, 3, 7, 7)
    for n, image in enumerate(IMAGES):
        places = [(0, 0), (0, 4), (2, 0), (2, 4), (1, 2)]
        for i, (r, c) in enumerate(places):
            assert torch.equal(out[n, i], image[:, r : r + 7, c : c + 7])
            assert torch.equal(out[n, 5 + i], image.flip(-1)[:, r : r + 7, c : c + 7])


def test_ten_crop_probabilities_are_the_mean_of_ten():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 49, 4)).eval()
    images = IMAGES.float() / 255
    out = augment.ten_crop_probabilities(model, images, 7)
    for n in (0, 39):
        crops = v2.TenCrop(7)(images[n])
        expected = sum(model(c[None]).softmax(1)[0] for c in crops) / 10
        torch.testing.assert_close(out[n], expected)
    assert not out.requires_grad


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: RandomCrop(0), ValueError, "size must be a whole number of pixels, at least 1, got 0"),
        (lambda: TenCrop(2.5), ValueError, "got 2.5"),
        (lambda: RandomCrop(10)(IMAGES), ValueError, "a crop of 10x10 does not fit into images of 9x11"),
        (lambda: TenCrop(10)(IMAGES), ValueError, "a crop of 10x10 does not fit into images of 9x11"),
        (lambda: RandomHorizontalFlip()(IMAGES.numpy()), TypeError, "images must be a tensor, got ndarray"),
        (lambda: RandomHorizontalFlip()(IMAGES.int()), ValueError, "images must be uint8 or float, .*int32"),
        (lambda: TenCrop(2)(IMAGES[0, 0]), ValueError, r"\(C, H, W\) or \(N, C, H, W\), got .*\(9, 11\)"),
        (lambda: ColourShift(TRAIN)(IMAGES[:, :1]), ValueError, "must have 3 channels, got shape"),
        (lambda: ColourShift(TRAIN, sigma=-1.0), ValueError, "sigma must be a number not below 0, got -1"),
        (lambda: ColourShift(TRAIN[..., :1]), ValueError, r"images must be uint8 \(N, H, W, 3\), got uint8"),
        (lambda: ColourShift(TRAIN / 255), ValueError, r"got float64 \(7, 4, 5, 3\)"),
        (lambda: ColourShift(TRAIN[:0]), ValueError, r"got uint8 \(0, 4, 5, 3\)"),
    ],
)
def test_what_cannot_be_augmented_is_said(call, error, says):
    with own_messages(), pytest.raises(error, match=says):
        call()
