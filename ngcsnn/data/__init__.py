"""Event containers, encodings and data sets.

A new data set is one new file with a function under `@register_dataset("name")`, and one line here.
"""

from ngcsnn.data.aedat import read_aedat as read_aedat
from ngcsnn.data.augmentation import Augmentation as Augmentation
from ngcsnn.data.augmented import AugmentedData as AugmentedData, augment as augment
from ngcsnn.data.braille import braille_dataset as braille_dataset
from ngcsnn.data.datasets import (
    Dataset as Dataset,
    DatasetOptionError as DatasetOptionError,
    Split as Split,
    dataset_names as dataset_names,
    dataset_options as dataset_options,
    load_dataset as load_dataset,
    published_files as published_files,
    register_dataset as register_dataset,
)
from ngcsnn.data.downloads import DownloadError as DownloadError, data_folder as data_folder
from ngcsnn.data.dvs_gesture import dvs_gesture_dataset as dvs_gesture_dataset
from ngcsnn.data.encoding import latency as latency
from ngcsnn.data.encodings import encode_images as encode_images, full_encoding as full_encoding
from ngcsnn.data.event_files import load_events as load_events, save_events as save_events
from ngcsnn.data.event_grid import PaddedEvents as PaddedEvents, step_and_offset as step_and_offset
from ngcsnn.data.event_transforms import shaped as shaped
from ngcsnn.data.events import EventData as EventData
from ngcsnn.data.events_on_device import EventsOnDevice as EventsOnDevice
from ngcsnn.data.evidence_accumulation import (
    EVIDENCE_SIDES as EVIDENCE_SIDES,
    EvidenceTrials as EvidenceTrials,
    evidence_accumulation as evidence_accumulation,
    evidence_accumulation_dataset as evidence_accumulation_dataset,
)
from ngcsnn.data.fashion_mnist import fashion_mnist_dataset as fashion_mnist_dataset
from ngcsnn.data.filterbank import loudness as loudness
from ngcsnn.data.fsdd import fsdd_dataset as fsdd_dataset, load_fsdd as load_fsdd
from ngcsnn.data.heidelberg import shd_dataset as shd_dataset, ssc_dataset as ssc_dataset
from ngcsnn.data.idx_files import read_idx as read_idx
from ngcsnn.data.idx_images import IdxImages as IdxImages
from ngcsnn.data.labels import check_labels as check_labels
from ngcsnn.data.latency_code import LatencyCode as LatencyCode
from ngcsnn.data.level_crossing import level_crossing as level_crossing
from ngcsnn.data.mnist import load_mnist as load_mnist, mnist_dataset as mnist_dataset
from ngcsnn.data.nmnist import decode_nmnist as decode_nmnist, nmnist_dataset as nmnist_dataset
from ngcsnn.data.npz_dataset import npz_dataset as npz_dataset
from ngcsnn.data.pattern_generation import (
    clock as clock,
    frozen_noise as frozen_noise,
    pattern_generation_dataset as pattern_generation_dataset,
)
from ngcsnn.data.patterns import (
    handwriting as handwriting,
    lemniscate as lemniscate,
    sum_of_sines as sum_of_sines,
)
from ngcsnn.data.pixel_events import PixelGrid as PixelGrid
from ngcsnn.data.poisson_code import PoissonCode as PoissonCode
from ngcsnn.data.published import Published as Published
from ngcsnn.data.sequential_code import SequentialCode as SequentialCode
from ngcsnn.data.sequential_mnist import sequential_mnist_dataset as sequential_mnist_dataset
from ngcsnn.data.splits import (
    Fold as Fold,
    Splitting as Splitting,
    balanced as balanced,
    leave_one_out as leave_one_out,
    stratified as stratified,
)
from ngcsnn.data.structured import from_structured as from_structured
from ngcsnn.data.trial_data import TrialData as TrialData, TrialOnDevice as TrialOnDevice
from ngcsnn.data.wav_files import read_wav as read_wav
from ngcsnn.data.yin_yang import (
    YIN_YANG_CLASSES as YIN_YANG_CLASSES,
    YinYangSamples as YinYangSamples,
    encode_yin_yang as encode_yin_yang,
    which_class as which_class,
    yin_yang as yin_yang,
    yin_yang_dataset as yin_yang_dataset,
    yin_yang_events as yin_yang_events,
)
