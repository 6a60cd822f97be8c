"""Series in time and panels of units: control charts, before and after, differences in differences."""
