import { Check, Copy as CopyIcon } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./Button";

/** Puts a text on the clipboard. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  // A page that did not come over TLS or loopback has no clipboard.
  if (!navigator.clipboard) return null;
  return (
    <Button
      icon={copied ? Check : CopyIcon}
      iconOnly
      look="quiet"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? "Copied" : `Copy ${what}`}
    </Button>
  );
}
