// io/packing/synths/spiral.h -- the curve that the points of `basin synth spiral` lie on.
//   p(u) = r (cos 2 pi r, sin 2 pi r),  r = sqrt(1/4 + 6 u),  0 <= u < 1
// Two turns from radius 1/2 to 5/2; neighbouring arms are 1 apart. u is uniform, so points lie
// nearly evenly along the curve (radius^2 is).
#ifndef IO_PACKING_SYNTHS_SPIRAL_H
#define IO_PACKING_SYNTHS_SPIRAL_H

void spiral_point(double u, double point[2]);

#endif
