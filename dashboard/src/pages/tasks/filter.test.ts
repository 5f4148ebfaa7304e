import { expect, test } from "vitest";
import { readSearch } from "./filter";

test("an address keeps what the list can filter by", () => {
  expect(readSearch({ state: "dead", pool: "mail", q: "0012", cursor: "a:1" })).toEqual({
    state: "dead",
    pool: "mail",
    q: "0012",
    cursor: "a:1",
  });
});

test("what the list does not know is left out", () => {
  expect(readSearch({ state: "<script>", pool: "", colour: "red" })).toEqual({});
});
