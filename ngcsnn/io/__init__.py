"""Model files: a network, its data and its training as YAML; and the folder that a run of it leaves behind."""

from ngcsnn.io.compiler_table import COMPILERS as COMPILERS
from ngcsnn.io.data_section import DataPlan as DataPlan
from ngcsnn.io.experiment import (
    Experiment as Experiment,
    load_experiment as load_experiment,
    make_experiment as make_experiment,
    read_document as read_document,
)
from ngcsnn.io.metrics_file import MetricsFile as MetricsFile, json_line as json_line, read_metrics as read_metrics
from ngcsnn.io.overrides import Overridden as Overridden
from ngcsnn.io.pictures import draw_pictures as draw_pictures
from ngcsnn.io.report import run_report as run_report
from ngcsnn.io.resolved import resolved as resolved, resolved_yaml as resolved_yaml
from ngcsnn.io.run_folder import (
    RunFolderError as RunFolderError,
    create_run_folder as create_run_folder,
    load_weights as load_weights,
    model_of as model_of,
    weights_folder as weights_folder,
)
from ngcsnn.io.stored_run import StoredRun as StoredRun, read_run as read_run
from ngcsnn.io.train_section import TrainPlan as TrainPlan
from ngcsnn.io.training_run import Outcome as Outcome, run_training as run_training
from ngcsnn.io.versions import versions as versions
from ngcsnn.io.weights_file import (
    WeightsError as WeightsError,
    read_weights as read_weights,
    save_weights as save_weights,
)
