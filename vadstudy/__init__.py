"""vadstudy: emotion recognition through a psychological space, an open and reproducible study."""

import warnings

# Without ipywidgets, tqdm.auto draws its bars as text, which will do; its warning would put a path of this machine into
# every executed notebook.
warnings.filterwarnings("ignore", message="IProgress not found")
