package io.pgtrickle.runtime.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The files of `CREATE EXTENSION pg_trickle`, made of the same scripts that [Installer] runs.
///
/// No superuser is needed to create it, only what it requires: everything belongs to the role that
/// creates it, as with [Installer].
public final class ExtensionFiles {
    /// The extension's name.
    public static final String NAME = "pg_trickle";

    /// What a dump carries, beside what belongs to no extension: the stream tables, and what is set
    /// for them.
    private static final List<String> DUMPED =
            List.of(
                    "pgt_stream_tables",
                    "pgt_stream_tables_pgt_id_seq",
                    "pgt_dependencies",
                    "pgt_refresh_history",
                    "pgt_refresh_history_refresh_id_seq",
                    "captured_sources",
                    "pgt_refresh_groups",
                    "pgt_refresh_groups_group_id_seq",
                    "pgt_source_gates",
                    "pgt_watermarks",
                    "pgt_watermark_groups",
                    "pgt_watermark_groups_group_id_seq");

    private ExtensionFiles() {}

    /// Contents by file name.
    public static Map<String, String> of(Release release) {
        Map<String, String> files = new TreeMap<>();
        files.put(NAME + ".control", control(release));
        files.put(NAME + "--" + release.version() + ".sql", installation(release));
        for (String from : release.predecessors()) {
            files.put(
                    NAME + "--" + from + "--" + release.version() + ".sql",
                    script("ALTER EXTENSION pg_trickle UPDATE", release.upgrade(from)));
        }
        return files;
    }

    /// Writes them into a directory, which is made unless it is there.
    ///
    /// @return what was written
    public static List<Path> write(Release release, Path directory) throws IOException {
        Files.createDirectories(directory);
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, String> file : of(release).entrySet()) {
            written.add(Files.writeString(directory.resolve(file.getKey()), file.getValue()));
        }
        return written;
    }

    private static String control(Release release) {
        return """
        comment = 'Stream tables: results of queries, kept fresh by applying only what changed'
        default_version = '%s'
        relocatable = false
        superuser = false
        requires = 'dblink'
        """
                .formatted(release.version());
    }

    private static String installation(Release release) {
        List<String> texts = new ArrayList<>(release.scripts());
        for (String relation : DUMPED) {
            texts.add(
                    "SELECT pg_catalog.pg_extension_config_dump('pgtrickle."
                            + relation
                            + "', '');");
        }
        return script("CREATE EXTENSION pg_trickle", texts);
    }

    private static String script(String command, List<String> texts) {
        return "\\echo Use \""
                + command
                + "\" to run this file. \\quit\n\n"
                + "-- What bodies and views name is looked up now.\n"
                + "SET LOCAL search_path = pg_catalog, pg_temp;\n\n"
                + String.join("\n", texts)
                + "\n";
    }
}
