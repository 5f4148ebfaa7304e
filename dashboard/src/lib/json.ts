import { isInteger, isSafeNumber, LosslessNumber, parse as parseExactly } from "lossless-json";

/** What JSON can hold; a number that no double holds exactly is a bigint or keeps its text. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | LosslessNumber
  | Json[]
  | { [key: string]: Json };

// A double is exact for 15 digits and for exponents of two digits; most documents hold no more.
const PERHAPS_INEXACT = /\d{16}|\d\.\d{14}|\d[eE][+-]?\d{3}/;

/** Reads JSON without rounding any number. */
export function parseJson(text: string): unknown {
  return PERHAPS_INEXACT.test(text) ? parseExactly(text, undefined, exact) : JSON.parse(text);
}

/** A number as it was written, whatever it was read as. */
export function numberText(value: number | bigint | LosslessNumber): string {
  return value.toString();
}

export function isExactNumber(value: unknown): value is number | bigint | LosslessNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof LosslessNumber;
}

/** The value as JSON text again, with every number as it came. */
export function jsonText(value: Json, indent = ""): string {
  if (isExactNumber(value)) return numberText(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((each) => inner + jsonText(each, inner)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(
    ([key, each]) => `${inner}${JSON.stringify(key)}: ${jsonText(each, inner)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function exact(text: string): number | bigint | LosslessNumber {
  if (isSafeNumber(text)) return Number(text);
  return isInteger(text) ? BigInt(text) : new LosslessNumber(text);
}
