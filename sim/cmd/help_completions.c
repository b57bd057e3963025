/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completions: after `sddfsim` its verbs; after a verb its options where a word begins with a dash,
 * verbs again where it is help, and files otherwise. Each shell has a way of its own to be told, so
 * each has a function here, and all walk the same tables.
 */
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/cmd_parts.h"
#include "sim/cmd/help_parts.h"

/* -- bash -- */

static void bash_options(const struct cmd_option *o, FILE *to)
{
    for (; o != NULL && o->name != NULL; o++) {
        fprintf(to, " --%s%s", o->name, o->argument == NULL ? "" : "=");
    }
}

static void bash(FILE *to)
{
    fputs("# bash completion for sddfsim\n"
          "_sddfsim()\n{\n"
          "    local word=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n"
          "    local verbs=\"",
          to);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        fprintf(to, "%s%s", i == 0 ? "" : " ", cmd_at(i)->name);
    }
    fputs("\"\n    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W \"$verbs --help --version\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case \"${COMP_WORDS[1]}\" in\n",
          to);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        fprintf(to, "    %s) words=\"", cmd_at(i)->name);
        bash_options(cmd_at(i)->options, to);
        bash_options(cmd_common_options, to);
        fputs("\" ;;\n", to);
    }
    fputs("    esac\n"
          "    if [[ \"$word\" == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "        [[ \"${COMPREPLY[0]}\" == *= ]] && compopt -o nospace\n"
          "    elif [ \"${COMP_WORDS[1]}\" = help ]; then\n"
          "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
          "    else\n"
          "        compopt -o default\n"
          "    fi\n"
          "}\n"
          "complete -F _sddfsim sddfsim\n",
          to);
}

/* -- zsh and fish: with what each is for -- */

/* The first line of an explanation, between single quotes; `special` is escaped too. */
static void quoted(const char *doc, const char *special, FILE *to)
{
    for (; *doc != '\0' && *doc != '\n'; doc++) {
        if (*doc == '\'') {
            fputs("'\\''", to);
        } else {
            if (strchr(special, *doc) != NULL) {
                fputc('\\', to);
            }
            fputc(*doc, to);
        }
    }
}

static void zsh_options(const struct cmd_option *o, FILE *to)
{
    for (; o != NULL && o->name != NULL; o++) {
        fprintf(to, " \\\n            '*--%s%s[", o->name, o->argument == NULL ? "" : "=");
        quoted(o->doc, "[]:\\", to);
        fputc(']', to);
        if (o->argument != NULL) {
            fputc(':', to);
            quoted(o->argument, "[]:\\", to);
            fputs(":_files", to);
        }
        fputc('\'', to);
    }
}

static void zsh(FILE *to)
{
    fputs("#compdef sddfsim\n"
          "_sddfsim()\n{\n"
          "    local -a verbs=(\n",
          to);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        fprintf(to, "        '%s:", cmd_at(i)->name);
        quoted(cmd_at(i)->summary, ":\\", to);
        fputs("'\n", to);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe verb verbs\n"
          "        return\n"
          "    fi\n"
          "    local verb=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $verb in\n",
          to);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        bool help = strcmp(cmd_at(i)->name, "help") == 0;

        fprintf(to, "    %s)\n        _arguments", cmd_at(i)->name);
        zsh_options(cmd_at(i)->options, to);
        zsh_options(cmd_common_options, to);
        fprintf(to, " \\\n            %s\n        ;;\n",
                help ? "'1:verb:(${verbs%%:*})'" : "'*:file:_files'");
    }
    fputs("    esac\n"
          "}\n"
          "_sddfsim \"$@\"\n",
          to);
}

static void fish_options(const char *verb, const struct cmd_option *o, FILE *to)
{
    for (; o != NULL && o->name != NULL; o++) {
        fprintf(to, "complete -c sddfsim -n '__fish_seen_subcommand_from %s' -l %s", verb, o->name);
        if (o->letter != 0) {
            fprintf(to, " -s %c", o->letter);
        }
        fprintf(to, "%s -d '", o->argument == NULL ? "" : " -r");
        quoted(o->doc, "\\", to);
        fputs("'\n", to);
    }
}

static void fish(FILE *to)
{
    fputs("# fish completion for sddfsim\n", to);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        const struct cmd_type *type = cmd_at(i);

        fprintf(to, "complete -c sddfsim -f -n __fish_use_subcommand -a %s -d '", type->name);
        quoted(type->summary, "\\", to);
        fputs("'\n", to);
        fprintf(to, "complete -c sddfsim -f -n '__fish_seen_subcommand_from help' -a %s\n",
                type->name);
        fish_options(type->name, type->options, to);
        fish_options(type->name, cmd_common_options, to);
    }
}

/* -- all of them -- */

const char *const help_shells[] = {"bash", "zsh", "fish", NULL};

bool help_completions(const char *shell, FILE *to)
{
    static void (*const write[])(FILE *) = {bash, zsh, fish};

    for (size_t i = 0; help_shells[i] != NULL; i++) {
        if (strcmp(shell, help_shells[i]) == 0) {
            write[i](to);
            return true;
        }
    }
    return false;
}
