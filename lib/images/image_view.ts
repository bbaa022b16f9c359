/** A way to look at a picture other than straight at its middle: what augmentation shows. */
export interface ImageView {
  /** The part of the sides of the largest region of the target's proportions, in (0, 1]. */
  part: number;
  /** Where the region lies in the stored picture, from 0 at the left to 1 at the right. */
  x: number;
  /** Where the region lies in the stored picture, from 0 at the top to 1 at the bottom. */
  y: number;
  /** Whether left and right are exchanged in the upright result. */
  mirrored: boolean;
}
