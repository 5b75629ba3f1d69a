package io.pgtrickle.compiler.emit;

import java.util.List;

/// A table whose rows a statement changes, and how that finds again the rows that it has read.
///
/// A row is known by its address, and in a partitioned table also by its partition: rows of
/// different partitions have equal addresses.
///
/// @param name qualified and quoted
/// @param partitioned whether it is divided into partitions
public record Target(String name, boolean partitioned) {
    /// The address of a row that is not stored yet is NULL.
    static final String ADDRESS = "__pgt_tid";

    private static final String PARTITION = "__pgt_part";

    /// A table that is not divided.
    public static Target plain(String name) {
        return new Target(name, false);
    }

    /// Where the row `alias` of the table is, as columns to select.
    List<String> place(String alias) {
        String address = alias + ".ctid AS " + ADDRESS;
        return partitioned
                ? List.of(address, alias + ".tableoid AS " + PARTITION)
                : List.of(address);
    }

    /// The columns of [#place], of a row `alias` that has been read.
    List<String> placed(String alias) {
        String address = alias + "." + ADDRESS;
        return partitioned ? List.of(address, alias + "." + PARTITION) : List.of(address);
    }

    /// Whether `row` of the table is the one that `read` says.
    String same(String row, String read) {
        String address = row + ".ctid = " + read + "." + ADDRESS;
        return partitioned
                ? address + " AND " + row + ".tableoid = " + read + "." + PARTITION
                : address;
    }
}
