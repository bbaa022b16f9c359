/** Part of a list, and whether more follows. */
export interface Page<Item> {
  /** In the order of the list. */
  items: Item[];
  /** True if the list goes on after the last item. */
  hasMore: boolean;
}

/** Which part of a list is wanted. */
export interface PageOptions {
  /** Id of the item before the first wanted one; unset: from the beginning. */
  after?: string | undefined;
  /** Most items, 1 or more. */
  limit: number;
}

/** Makes a page out of rows that were read with one more than the limit. */
export function toPage<Item>(rows: readonly Item[], limit: number): Page<Item> {
  return { items: rows.slice(0, limit), hasMore: rows.length > limit };
}
