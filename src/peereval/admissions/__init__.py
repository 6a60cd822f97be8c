"""Hospital contacts: joined to episodes, judged by a readmission definition, counted and followed."""
