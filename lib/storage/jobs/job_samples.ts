import type { Database } from "../database.ts";

/** A sample as it was when a job was made. */
export interface JobSample {
  /** Its id in the dataset, where it may be gone by now. */
  sampleId: string;
  /** Names its bytes, which stay as long as the job does. */
  sha256: string;
  /** Its class at that time. */
  class: string;
  /** What it was called where it came from. */
  name: string;
}

/** The samples of a job, in the order in which they were added to the dataset. */
export async function listJobSamples(database: Database, jobId: string): Promise<JobSample[]> {
  return await database.query.selectFrom("jobSamples")
    .select(["sampleId", "sha256", "class", "name"])
    .where("jobId", "=", jobId).orderBy("position").execute();
}
