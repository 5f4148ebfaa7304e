/** Where the pages stand: the server writes it into <base>, so any prefix will do. */
const root = new URL(".", document.baseURI);

/** The path that every page's own path comes after, without a slash at its end. */
export const basePath = root.pathname.replace(/\/$/, "");

/** The address of something that the coordinator serves, such as `api/overview`. */
export function address(path: string): string {
  return new URL(path, root).href;
}
