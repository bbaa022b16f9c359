// AssemblyScript. Matrix products over row-major float32 matrices whose rows start every `stride`
// numbers. Pointers are byte addresses; sizes and strides count numbers.

/**
 * a b + c, rounded twice: unlike the relaxed, fused form it gives the same bits on every machine, and
 * so the same weights; it costs about 15 %.
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function sumLanes(a: v128): f32 {
  return (f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1)) +
    (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/**
 * c [rows, columns] = a [rows, depth] b^T, with b [columns, depth]. `depth` is a multiple of 4.
 * Tiles of 3 x 3 dot products, as with more sums V8 runs out of its 15 registers and is half as
 * fast; three rows of a stay in the first cache while b streams by.
 */
export function multiplyTransposed(
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  c: usize,
  cStride: i32,
  rows: i32,
  columns: i32,
  depth: i32,
): void {
  const aStep = <usize> aStride << 2;
  const bStep = <usize> bStride << 2;
  const cStep = <usize> cStride << 2;
  const bytes = <usize> depth << 2;
  let row = 0;
  for (; row + 3 <= rows; row += 3) {
    const aRow = a + <usize> row * aStep;
    const cRow = c + <usize> row * cStep;
    let column = 0;
    for (; column + 3 <= columns; column += 3) {
      const cTile = cRow + (<usize> column << 2);
      dotThreeByThree(aRow, aStep, b + <usize> column * bStep, bStep, cTile, cStep, bytes);
    }
    for (; column < columns; column++) {
      const cTile = cRow + (<usize> column << 2);
      dotThreeByOne(aRow, aStep, b + <usize> column * bStep, cTile, cStep, bytes);
    }
  }
  for (; row < rows; row++) {
    const aRow = a + <usize> row * aStep;
    const cRow = c + <usize> row * cStep;
    let column = 0;
    // The product of vectors is the same both ways round, so three rows of b can take a's place.
    for (; column + 3 <= columns; column += 3) {
      const cTile = cRow + (<usize> column << 2);
      dotThreeByOne(b + <usize> column * bStep, bStep, aRow, cTile, 4, bytes);
    }
    for (; column < columns; column++) {
      store<f32>(cRow + (<usize> column << 2), dot(aRow, b + <usize> column * bStep, bytes));
    }
  }
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    sum = multiplyAdd(v128.load(a + at), v128.load(b + at), sum);
  }
  return sumLanes(sum);
}

function dotThreeByOne(
  a: usize,
  aStep: usize,
  b: usize,
  c: usize,
  cStep: usize,
  bytes: usize,
): void {
  const a1 = a + aStep;
  const a2 = a1 + aStep;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0;
  for (let at: usize = 0; at < bytes; at += 16) {
    const y = v128.load(b + at);
    s0 = multiplyAdd(v128.load(a + at), y, s0);
    s1 = multiplyAdd(v128.load(a1 + at), y, s1);
    s2 = multiplyAdd(v128.load(a2 + at), y, s2);
  }
  store<f32>(c, sumLanes(s0));
  store<f32>(c + cStep, sumLanes(s1));
  store<f32>(c + (cStep << 1), sumLanes(s2));
}

function dotThreeByThree(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  bytes: usize,
): void {
  const a1 = a + aStep;
  const a2 = a1 + aStep;
  const b1 = b + bStep;
  const b2 = b1 + bStep;
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00;
  let s10 = s00, s11 = s00, s12 = s00;
  let s20 = s00, s21 = s00, s22 = s00;
  for (let at: usize = 0; at < bytes; at += 16) {
    const x0 = v128.load(a + at);
    const x1 = v128.load(a1 + at);
    const x2 = v128.load(a2 + at);
    let y = v128.load(b + at);
    s00 = multiplyAdd(x0, y, s00);
    s10 = multiplyAdd(x1, y, s10);
    s20 = multiplyAdd(x2, y, s20);
    y = v128.load(b1 + at);
    s01 = multiplyAdd(x0, y, s01);
    s11 = multiplyAdd(x1, y, s11);
    s21 = multiplyAdd(x2, y, s21);
    y = v128.load(b2 + at);
    s02 = multiplyAdd(x0, y, s02);
    s12 = multiplyAdd(x1, y, s12);
    s22 = multiplyAdd(x2, y, s22);
  }
  storeThree(c, s00, s01, s02);
  storeThree(c + cStep, s10, s11, s12);
  storeThree(c + (cStep << 1), s20, s21, s22);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function storeThree(c: usize, s0: v128, s1: v128, s2: v128): void {
  store<f32>(c, sumLanes(s0));
  store<f32>(c, sumLanes(s1), 4);
  store<f32>(c, sumLanes(s2), 8);
}

/**
 * Rows of b that are worked on together: few enough that the processor follows all of them while
 * they stream in, and that their pages stay known to it. With 32, 2,000 rows take twice as long.
 */
const DEPTH_BLOCK: i32 = 16;

/**
 * c [rows, columns] = the sum over depth of a(depth, row) b [depth, columns], where a(i, r) lies at
 * `a + i aDepthStride + r aRowStride`: with strides (rows, 1) a is transposed, with (1, depth) it is
 * not. `columns` is a multiple of 4.
 */
export function multiplyStrided(
  a: usize,
  aDepthStride: i32,
  aRowStride: i32,
  b: usize,
  bStride: i32,
  c: usize,
  cStride: i32,
  rows: i32,
  columns: i32,
  depth: i32,
): void {
  const aDepthStep = <usize> aDepthStride << 2;
  const aRowStep = <usize> aRowStride << 2;
  const bStep = <usize> bStride << 2;
  const cStep = <usize> cStride << 2;
  const columnBytes = <usize> columns << 2;
  for (let row = 0; row < rows; row++) memory.fill(c + <usize> row * cStep, 0, columnBytes);
  for (let first = 0; first < depth; first += DEPTH_BLOCK) {
    const count = min(DEPTH_BLOCK, depth - first);
    const aBlock = a + <usize> first * aDepthStep;
    const bBlock = b + <usize> first * bStep;
    let column: usize = 0;
    for (; column + 64 <= columnBytes; column += 64) {
      let row = 0;
      for (; row + 2 <= rows; row += 2) {
        const cTile = c + <usize> row * cStep + column;
        const aTile = aBlock + <usize> row * aRowStep;
        addTwoBySixteen(aTile, aDepthStep, aRowStep, bBlock + column, bStep, cTile, cStep, count);
      }
      if (row < rows) {
        const cTile = c + <usize> row * cStep + column;
        const aTile = aBlock + <usize> row * aRowStep;
        addOneBySixteen(aTile, aDepthStep, bBlock + column, bStep, cTile, count);
      }
    }
    for (; column < columnBytes; column += 16) {
      for (let row = 0; row < rows; row++) {
        const cTile = c + <usize> row * cStep + column;
        const aTile = aBlock + <usize> row * aRowStep;
        addOneByFour(aTile, aDepthStep, bBlock + column, bStep, cTile, count);
      }
    }
  }
}

function addTwoBySixteen(
  a: usize,
  aDepthStep: usize,
  aRowStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  depth: i32,
): void {
  const c1 = c + cStep;
  let s00 = v128.load(c), s01 = v128.load(c, 16), s02 = v128.load(c, 32), s03 = v128.load(c, 48);
  let s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s12 = v128.load(c1, 32), s13 = v128.load(c1, 48);
  for (let i = 0; i < depth; i++) {
    const x0 = v128.load32_splat(a);
    const x1 = v128.load32_splat(a + aRowStep);
    let y = v128.load(b);
    s00 = multiplyAdd(x0, y, s00);
    s10 = multiplyAdd(x1, y, s10);
    y = v128.load(b, 16);
    s01 = multiplyAdd(x0, y, s01);
    s11 = multiplyAdd(x1, y, s11);
    y = v128.load(b, 32);
    s02 = multiplyAdd(x0, y, s02);
    s12 = multiplyAdd(x1, y, s12);
    y = v128.load(b, 48);
    s03 = multiplyAdd(x0, y, s03);
    s13 = multiplyAdd(x1, y, s13);
    a += aDepthStep;
    b += bStep;
  }
  storeSixteen(c, s00, s01, s02, s03);
  storeSixteen(c1, s10, s11, s12, s13);
}

function addOneBySixteen(
  a: usize,
  aDepthStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  depth: i32,
): void {
  let s0 = v128.load(c), s1 = v128.load(c, 16), s2 = v128.load(c, 32), s3 = v128.load(c, 48);
  for (let i = 0; i < depth; i++) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b, 32), s2);
    s3 = multiplyAdd(x, v128.load(b, 48), s3);
    a += aDepthStep;
    b += bStep;
  }
  storeSixteen(c, s0, s1, s2, s3);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function storeSixteen(c: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}

function addOneByFour(
  a: usize,
  aDepthStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  depth: i32,
): void {
  let sum = v128.load(c);
  for (let i = 0; i < depth; i++) {
    sum = multiplyAdd(v128.load32_splat(a), v128.load(b), sum);
    a += aDepthStep;
    b += bStep;
  }
  v128.store(c, sum);
}
