import { useEffect } from "react";

const PRODUCT = "Skedulr Dashboard";

/** Give the browser's tab a name; without one it is the product's. */
export function useTitle(page?: string): void {
  useEffect(() => {
    document.title = page ? `${page} · ${PRODUCT}` : PRODUCT;
  }, [page]);
}
