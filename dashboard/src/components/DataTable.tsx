import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  type RowSelectionState,
  rowSelectionFeature,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import styles from "./DataTable.module.css";

export const features = tableFeatures({
  rowSortingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

/** What a column may say of its looks. */
export interface ColumnLook {
  align?: "end";
  /** No wider than its content. */
  shrink?: boolean;
  /** On a phone: a line of its own. */
  wide?: boolean;
  /** On a phone: begins a line, which it shares with what can be done with the row. */
  begins?: boolean;
  /** On a phone: what stands before the value. */
  label?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each column of a row holds values of a type of its own
export type Columns<Row extends RowData> = (ColumnDef<typeof features, Row, any> & {
  look?: ColumnLook;
})[];

interface Props<Row extends RowData> {
  caption: string;
  columns: Columns<Row>;
  rows: Row[];
  rowId: (row: Row) => string;
  initialSorting?: SortingState;
  selection?: RowSelectionState;
  onSelection?: (selection: RowSelectionState) => void;
}

/** A table with a head that sorts where a column says so, and rows that stack on a phone. */
export function DataTable<Row extends RowData>(props: Props<Row>) {
  const { caption, columns, rows, rowId, initialSorting = [], selection, onSelection } = props;
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: rowId,
    defaultColumn: { enableSorting: false },
    initialState: { sorting: initialSorting },
    ...(selection ? { state: { rowSelection: selection } } : {}),
    onRowSelectionChange: (change) =>
      onSelection?.(typeof change === "function" ? change(selection ?? {}) : change),
  });
  const look = (id: string): ColumnLook => columns.find((column) => column.id === id)?.look ?? {};
  return (
    <table className={styles.table} data-stacks="true">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => {
              const { column } = header;
              const sorted = column.getIsSorted();
              const title = <table.FlexRender header={header} />;
              return (
                <th
                  key={header.id}
                  scope="col"
                  data-align={look(column.id).align}
                  data-shrink={look(column.id).shrink}
                  aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
                >
                  {column.getCanSort() ? (
                    <button
                      type="button"
                      className={styles.sort}
                      onClick={column.getToggleSortingHandler()}
                    >
                      {title}
                      {sorted === "asc" && <ArrowUp aria-hidden size={12} />}
                      {sorted === "desc" && <ArrowDown aria-hidden size={12} />}
                    </button>
                  ) : (
                    title
                  )}
                </th>
              );
            })}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id}>
            {row.getAllCells().map((cell) => {
              const { align, shrink, wide, begins, label } = look(cell.column.id);
              return (
                <td
                  key={cell.id}
                  data-align={align}
                  data-shrink={shrink}
                  data-wide={wide}
                  data-begins={begins}
                  data-label={label}
                >
                  <table.FlexRender cell={cell} />
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
