/**
 * Prints the import map of `deno.json` with `@std/assert` from JSR, for `deno task test:std`: an
 * import map on the command line replaces the one in `deno.json` as a whole.
 */
const { imports } = JSON.parse(Deno.readTextFileSync("deno.json"));
const packages = Object.entries<string>(imports).flatMap(([name, target]) =>
  target.startsWith("npm:")
    ? [[name, target], [`${name}/`, `${target.replace("npm:", "npm:/")}/`]]
    : []
);
const map = { imports: { ...Object.fromEntries(packages), "@std/assert": "jsr:@std/assert@1" } };
// deno-lint-ignore no-console -- the answer of a command
console.log(JSON.stringify(map));
