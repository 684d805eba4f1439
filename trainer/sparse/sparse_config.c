// trainer/sparse/sparse_config.c -- the keys of method sparse.
#include "trainer/sparse/sparse_model.h"

#include "base/log.h"

const config_field sparse_fields[] = {
    {"atoms", FIELD_INT, offsetof(sparse_config, atoms), "64", 1, 65536, NULL, "of the dictionary"},
    {"kernel", FIELD_INT, offsetof(sparse_config, kernel), "9", 1, 255, NULL,
     "height and width of an atom, pixels; that of the view makes a dictionary of patches"},
    {"border", FIELD_TEXT, offsetof(sparse_config, border), "full", 0, 0, CODE_BORDERS,
     "atoms wholly inside the image, one at every pixel, or all that touch it"},
    {"non_negative", FIELD_BOOL, offsetof(sparse_config, non_negative), "false", 0, 0, NULL,
     "codes are not negative"},
    {"alpha", FIELD_REAL, offsetof(sparse_config, alpha), "1", 0, 1e12, NULL,
     "weight of the distance between code and prediction, in inference and learning"},
    {"encoder_learns", FIELD_CHOICE, offsetof(sparse_config, encoder_learns), "codes", 0, 0,
     "codes|energy",
     "from the distance to the codes found, or from the energy of its own code (then alpha has no "
     "part)"},
    {"encoder_rate", FIELD_REAL, offsetof(sparse_config, encoder_rate), "1", 0, 1e6, NULL,
     "factor of the learning rate for the encoder, beside those that lista has for its weights"},
    {"start", FIELD_CHOICE, offsetof(sparse_config, start), "zero", 0, 0, "zero|encoder|last",
     "where inference starts; last: the sample's code of the epoch before, for recipes that show "
     "the same view in each epoch"},
    {"remember", FIELD_INT, offsetof(sparse_config, remember), "256", 1, 1e9, NULL,
     "with start last: codes of a sample that are kept, 8 bytes each, by each rank and in "
     "checkpoints; a sample with more starts from zero"},
    {"dictionary", FIELD_TEXT, offsetof(sparse_config, dictionary), "", 0, 0, NULL,
     "a checkpoint of another run to take the first atoms from; empty = random"},
    {"learn_dictionary", FIELD_BOOL, offsetof(sparse_config, learn_dictionary), "true", 0, 0, NULL,
     "false: only the encoder learns"},
    {"dictionary_rate", FIELD_REAL, offsetof(sparse_config, dictionary_rate), "0.3", 0, 1, NULL,
     "atoms take this share of a Newton step, times the schedule; 0: they are left to the "
     "optimizer, "
     "like the encoder"},
    {"dictionary_step", FIELD_CHOICE, offsetof(sparse_config, dictionary_step), "newton", 0, 0,
     "newton|online",
     "each atom by its gradient and curvature in this batch, or to where the codes of the last "
     "ten batches or so have it, given the other atoms (border full); then dictionary_rate may be "
     "1"},
    {"reseed_every", FIELD_INT, offsetof(sparse_config, reseed_every), "100", 0, 1e9, NULL,
     "steps between searches for atoms that are not used any more; 0 = never"},
    {0}};

static void tell(bool idle, const char *key, const char *why)
{
    if (idle) log_warn("%s has no effect here: %s", key, why);
}

void sparse_config_tell_idle(const sparse_config *c, const inference_choice *choice,
                             bool same_views)
{
    bool encodes = choice->encoder->build != NULL, last = c->start == START_LAST;
    const char *no_encoder = "there is no encoder";
    tell(!encodes && c->encoder_learns == LEARNS_ENERGY, "method.encoder_learns", no_encoder);
    tell(!encodes && c->encoder_rate != 1, "method.encoder_rate", no_encoder);
    tell(!encodes && c->alpha != 1 && c->alpha != 0, "method.alpha", no_encoder);
    tell(!last && c->remember != 256, "method.remember", "it belongs to method.start=last");
    tell(!c->learn_dictionary && c->dictionary_step == STEP_ONLINE, "method.dictionary_step",
         "method.learn_dictionary is false");
    tell(choice->penalty->fixed && choice->lambda != 0.1, "penalty.lambda",
         "the penalty fixes how many codes there are");
    if (last && !same_views)
        log_warn("method.start=last: data.augment shows another view of a sample in each epoch, "
                 "whose code is no start for this one's; take start: zero");
}
