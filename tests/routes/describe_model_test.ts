import { assertEquals } from "@std/assert";
import { describeModel, summarizeModel } from "../../routes/describe_model.ts";
import { modelDetailSchema, modelSummarySchema } from "../../routes/model_schemas.ts";
import { makeKnown } from "../models/memory_source.ts";
import { makeTrainedCard } from "../models/stored/stored_fixtures.ts";
import { ENTRY } from "./test_app.ts";

const url = "http://host/v1/models/tiny";

Deno.test("summarizeModel() tells the command that pulls what a model stands on", () => {
  const known = { ...makeKnown(ENTRY, { isHere: false }), base: "mobilenet-v2" };
  const summary = summarizeModel({ known, state: "not_pulled", served: undefined }, url);
  assertEquals(modelSummarySchema.strict().parse(summary), summary);
  assertEquals(summary.pull, "deno task pull mobilenet-v2");
  const urls = ["classify", "predict", "embed"].map((verb) => [verb, `${url}:${verb}`]);
  assertEquals(summary.urls, { self: url, ...Object.fromEntries(urls) });
});

Deno.test("describeModel() lists versions, those that were made with their time, and labels", () => {
  const stored = { card: makeTrainedCard(), jobId: null, createdAt: 86_400_000 };
  const versions = [makeKnown(ENTRY), { ...makeKnown(ENTRY, { version: 2 }), stored }];
  const statuses = versions.map((known) => {
    return { known, state: "available" as const, served: undefined };
  });
  const [status] = statuses;
  if (!status) throw new TypeError("There is no version");
  const history = { versions, labels: { stable: 1, canary: 2 } };
  const detail = describeModel({ status, history, statuses }, url);
  assertEquals(modelDetailSchema.strict().parse(detail), detail);
  assertEquals(detail.versions, [
    { version: 1, url: `${url}/versions/1` },
    { version: 2, created_at: "1970-01-02T00:00:00.000Z", url: `${url}/versions/2` },
  ]);
  assertEquals(detail.version_labels, { stable: 1, canary: 2 });
});
