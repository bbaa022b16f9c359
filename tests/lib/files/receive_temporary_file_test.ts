import { assertEquals, assertRejects } from "@std/assert";
import { receiveTemporaryFile } from "../../../lib/files/receive_temporary_file.ts";
import { ServiceError } from "../../../lib/service_error.ts";

function streamOf(...texts: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(texts).pipeThrough(new TextEncoderStream());
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name);
}

Deno.test("receiveTemporaryFile() keeps a stream until it is disposed of", async () => {
  const directory = await Deno.makeTempDir();
  {
    await using received = await receiveTemporaryFile(streamOf("ab", "", "cde"), {
      directory,
      bytesMax: 5,
    });
    assertEquals(received.length, 5);
    const bytes = new Uint8Array(5);
    await received.file.seek(0, Deno.SeekMode.Start);
    await received.file.read(bytes);
    assertEquals(new TextDecoder().decode(bytes), "abcde");
  }
  assertEquals(names(directory), []);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("receiveTemporaryFile() leaves nothing of a stream that is too long or breaks off", async () => {
  const directory = await Deno.makeTempDir();
  const options = { directory, bytesMax: 3 };
  const error = await assertRejects(
    () => receiveTemporaryFile(streamOf("ab", "cd"), options),
    ServiceError,
    "at most 3 bytes",
  );
  assertEquals(error.code, "body_too_large");
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new TypeError("The client went away"));
    },
  });
  await assertRejects(() => receiveTemporaryFile(broken, options), TypeError, "went away");
  assertEquals(names(directory), []);
  await Deno.remove(directory, { recursive: true });
});
