/** Version of the project, after https://semver.org. */
export const VERSION = "0.1.0";
