"""The mixed model for repeated measures: fitted from cross-products, with honest degrees of freedom."""
