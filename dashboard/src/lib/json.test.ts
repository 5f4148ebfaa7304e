import { expect, test } from "vitest";
import { type Json, jsonText, parseJson } from "./json";

test.each([
  "9007199254740993",
  "-9007199254740993",
  "123456789012345678901234567890",
  "0.12345678901234567891",
  "1e400",
])("the number %s is shown as it was sent", (text) => {
  expect(jsonText(parseJson(text) as Json)).toBe(text);
});

test("a whole document keeps its large numbers, deep inside as well", () => {
  const text = '{"args":[{"id":9007199254740993}],"small":1}';
  const read = parseJson(text) as { args: { id: bigint }[]; small: number };
  expect(read.args[0]?.id).toBe(9007199254740993n);
  expect(read.small).toBe(1);
});

test("text that looks like a large number stays text", () => {
  expect(parseJson('"9007199254740993"')).toBe("9007199254740993");
});

test("values are written out in lines", () => {
  expect(jsonText({ a: [1, "x"], b: {}, c: [] })).toBe(
    '{\n  "a": [\n    1,\n    "x"\n  ],\n  "b": {},\n  "c": []\n}',
  );
});
