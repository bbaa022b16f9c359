/**
 * The names of `@std/assert` that the tests use, over `node:assert/strict`, for machines where JSR
 * is out of reach. `deno task test:std` runs the same tests on `jsr:@std/assert` itself.
 */
import nodeAssert from "node:assert/strict";

export class AssertionError extends nodeAssert.AssertionError {
  constructor(message: string) {
    super({ message });
  }
}

export function assert(condition: unknown, message = "Expected a truthy value"): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message);
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message);
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  nodeAssert.equal(actual, expected, message);
}

export function assertExists<T>(
  actual: T,
  message = "Expected a value",
): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) throw new AssertionError(message);
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = 1e-7,
  message = "",
): void {
  if (Object.is(actual, expected)) return;
  // Written so that NaN on either side fails.
  if (!(Math.abs(actual - expected) <= tolerance)) {
    throw new AssertionError(
      `${message} Expected ${actual} to be within ${tolerance} of ${expected}`,
    );
  }
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, message = ""): void {
  if (!(actual >= expected)) {
    throw new AssertionError(`${message} Expected ${actual} >= ${expected}`);
  }
}

export function assertLessOrEqual<T>(actual: T, expected: T, message = ""): void {
  if (!(actual <= expected)) {
    throw new AssertionError(`${message} Expected ${actual} <= ${expected}`);
  }
}

export function assertStringIncludes(actual: string, expected: string, message = ""): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `${message} Expected ${JSON.stringify(actual)} to include ${JSON.stringify(expected)}`,
    );
  }
}

export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  nodeAssert.match(actual, expected, message);
}

// deno-lint-ignore no-explicit-any -- the signature of @std/assert
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function checkError<E extends Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  includes?: string,
): E {
  if (errorClass && !(error instanceof errorClass)) {
    throw new AssertionError(
      `Expected ${errorClass.name}, got ${error instanceof Error ? error.stack : error}`,
    );
  }
  if (includes !== undefined) assertStringIncludes((error as Error).message, includes);
  return error as E;
}

export function assertThrows<E extends Error = Error>(
  action: () => unknown,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
): E {
  let thrown: { error: unknown } | undefined;
  try {
    action();
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError("Expected the function to throw");
  return checkError(thrown.error, errorClass, messageIncludes);
}

export async function assertRejects<E extends Error = Error>(
  action: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
): Promise<E> {
  let thrown: { error: unknown } | undefined;
  try {
    await action();
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError("Expected the promise to be rejected");
  return checkError(thrown.error, errorClass, messageIncludes);
}
