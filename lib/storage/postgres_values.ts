const OID_BYTEA = 17;
const OID_INT8 = 20;
const OID_INT4 = 23;
const OID_NUMERIC = 1700;

/**
 * Gives the function that reads the text of a column. Counts, sums and times come as numbers and
 * bytes as a `Uint8Array` of their own, as `node:sqlite` gives them; everything else stays text.
 *
 * @param type the PostgreSQL object id of the column's type
 */
export function readPostgresValue(
  type: number,
): (text: string) => string | number | Uint8Array<ArrayBuffer> {
  switch (type) {
    case OID_INT4:
    case OID_INT8:
    case OID_NUMERIC:
      return Number;
    case OID_BYTEA:
      // The server writes bytes as \x and two digits for each.
      return (text) => Uint8Array.fromHex(text.slice(2));
    default:
      return (text) => text;
  }
}
