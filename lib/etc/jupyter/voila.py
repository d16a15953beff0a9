"""Settings for Voilà where campaignbook is installed: templates once, kernels warm."""

from campaignbook.kernels import warm

c = get_config()  # noqa: F821
c.VoilaExporter.preprocessors = ["campaignbook.voila_templates.CachedTemplates"]
warm()
