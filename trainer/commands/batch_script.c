// trainer/commands/batch_script.c -- goes through the lines of jobs/train.sbatch, which is built
// in, and changes those that hold numbers.
#include "trainer/commands/batch_script.h"

#include "base/printable.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const unsigned char template_bytes[] = {
#include "train_sbatch.inc"
    0};

#define LONGEST_HOURS 24 // of one submission; it comes back to the queue by itself

static bool begins(const char *line, const char *start)
{
    return strncmp(line, start, strlen(start)) == 0;
}

// As the shell wants it: in single quotes, or, where the script must not steer the terminal that it
// is printed on, with each byte that is not plain spelled.
static void write_quoted(const char *word, FILE *out)
{
    bool spell = strcmp(printable(word), word) != 0;
    fputs(spell ? "$'" : "'", out);
    for (; *word != '\0'; word++) {
        if (spell && (*word < ' ' || *word > '~' || *word == '\'' || *word == '\\'))
            fprintf(out, "\\x%02x", (unsigned char)*word);
        else if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

// Half as long again as is thought, in whole hours.
static int hours(double seconds)
{
    double wanted = ceil(1.5 * seconds / 3600);
    return wanted < 1 ? 1 : wanted < LONGEST_HOURS ? (int)wanted : LONGEST_HOURS;
}

// The words of this job come before what sbatch gives further.
static void write_words(const batch_script *b, FILE *out)
{
    fputs("set --", out);
    for (int i = 0; i < b->word_count; i++) {
        fputc(' ', out);
        write_quoted(b->words[i], out);
    }
    fputs(" \"$@\"\n", out);
}

void batch_script_write(const batch_script *b, FILE *out)
{
    const char *line = (const char *)template_bytes;
    bool in_head = false; // the comment of the template is about the template
    for (int number = 0; *line != '\0'; number++) {
        size_t size = strcspn(line, "\n") + 1;
        in_head = number > 0 && (number == 1 || in_head) && begins(line, "# ");
        if (begins(line, "#SBATCH --nodes="))
            fprintf(out, "#SBATCH --nodes=%d\n", b->nodes);
        else if (begins(line, "#SBATCH --ntasks-per-node="))
            fprintf(out, "#SBATCH --ntasks-per-node=%d\n", b->ranks_per_node);
        else if (begins(line, "#SBATCH --cpus-per-task="))
            fprintf(out, "#SBATCH --cpus-per-task=%d\n", b->threads);
        else if (begins(line, "#SBATCH --time="))
            fprintf(out, "#SBATCH --time=%d:00:00\n", hours(b->run_seconds));
        else if (!in_head && !begins(line, "#   "))
            fprintf(out, "%.*s", (int)size, line);
        if (number == 0) fputs(b->remarks, out);
        if (begins(line, "set -euo")) write_words(b, out);
        line += size;
    }
}
