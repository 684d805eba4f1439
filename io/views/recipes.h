// io/views/recipes.h -- the named lists of augmentations that a job can ask for (`data.augment`).
#ifndef IO_VIEWS_RECIPES_H
#define IO_VIEWS_RECIPES_H

#define RECIPE_MAX_STEPS 10 // with the one that ends the list

// Which views of a sample a step is for, by the number of the view's draw.
typedef enum recipe_views { EVERY_VIEW, EVEN_VIEWS, ODD_VIEWS } recipe_views;

typedef struct recipe_step {
    const char *augment;  // name in io/views/augments.def
    const char *settings; // its fields as YAML, as they would stand in a job file
    recipe_views views;   // of these only; the others pass the step by
} recipe_step;

typedef struct recipe {
    const char *name, *help;
    recipe_step steps[RECIPE_MAX_STEPS]; // in order; ends with augment == NULL
} recipe;

extern const recipe recipe_table[]; // ends with name == NULL

// The recipe called `name`, or NULL.
const recipe *recipe_find(const char *name);

// The recipe by which to evaluate what was trained with recipe `name`. Random views normalised over
// the data set are of the images that "none" shows; where the last step is another, the recipe's
// output itself is what is learned, and evaluations show it too, with the draws of epoch 0.
const char *recipe_for_evaluation(const char *name);

#endif
