/** A table of results: the first column names the row. */
export interface ResultTable {
  title: string;
  rows: Record<string, string | number>[];
}

/** A number that the project wants to reach, and what was measured. */
export interface Target {
  what: string;
  wanted: string;
  measured: string;
  holds: boolean;
}

/** What a benchmark gives. */
export interface BenchReport {
  tables: ResultTable[];
  targets: Target[];
}

/** A target that is a lower or an upper bound. */
export function compareWithTarget(
  what: string,
  measured: number,
  bound: { atLeast: number; unit: string } | { atMost: number; unit: string },
): Target {
  const [word, limit, holds] = "atLeast" in bound
    ? ["at least", bound.atLeast, measured >= bound.atLeast] as const
    : ["at most", bound.atMost, measured <= bound.atMost] as const;
  return {
    what,
    wanted: `${word} ${limit} ${bound.unit}`,
    measured: `${formatNumber(measured)} ${bound.unit}`,
    holds,
  };
}

/** Lays a report out for a terminal. */
export function formatReport({ tables, targets }: BenchReport): string {
  const rows = targets.map(({ what, wanted, measured, holds }) => ({
    target: what,
    wanted,
    measured,
    "": holds ? "reached" : "MISSED",
  }));
  const all = rows.length > 0 ? [...tables, { title: "Targets", rows }] : tables;
  return all.map(formatTable).join("\n\n");
}

function formatTable({ title, rows }: ResultTable): string {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const cells = [columns, ...rows.map((row) => columns.map((name) => formatCell(row[name])))];
  const widths = columns.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0))
  );
  const lines = cells.map((line) =>
    line.map((cell, column) => {
      const width = widths[column] ?? 0;
      const isNumber = typeof rows[0]?.[columns[column] ?? ""] === "number";
      return isNumber ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return `${title}\n\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function formatCell(value: string | number | undefined): string {
  return typeof value === "number" ? formatNumber(value) : value ?? "";
}

function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
