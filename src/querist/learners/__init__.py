"""Models and encoders behind two seams."""
