/// <reference lib="deno.worker" />
/** Entry of a worker thread that packs the files of one model. */
import { zipFiles } from "../../lib/archives/zip_files.ts";
import { answerEnd } from "../threads/answer_end.ts";
import { answerOnce } from "../threads/run_worker_once.ts";

answerEnd(self);

self.onmessage = ({ data: files }: MessageEvent<ReadonlyMap<string, Uint8Array>>) => {
  const send = (answer: unknown, transfer: Transferable[]) => self.postMessage(answer, transfer);
  return answerOnce(send, async () => {
    const zip = await zipFiles(files);
    return { answer: zip, transfer: [zip.buffer] };
  });
};
