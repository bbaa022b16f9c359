import { z } from "zod";

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 100;
const LIMIT_RULE = `must be a whole number from 1 to ${LIMIT_MAX}`;

/** Query parameters of every list: where to go on, and how far. */
export const pageQueryFields = {
  /** The last item of the page before. */
  after: z.string().max(100, "must have at most 100 characters").optional(),
  /** Most items. */
  limit: z.string(LIMIT_RULE).regex(/^\d{1,3}$/, LIMIT_RULE).transform(Number)
    .refine((value) => value >= 1 && value <= LIMIT_MAX, LIMIT_RULE)
    .default(LIMIT_DEFAULT)
    .meta({
      override({ jsonSchema }) {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, {
          type: "integer",
          minimum: 1,
          maximum: LIMIT_MAX,
          default: LIMIT_DEFAULT,
        });
      },
    }),
};
