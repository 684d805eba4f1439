// make_photos FOLDER -- three classes of twelve JPEG and PNG files of different sizes, for jpeg.sh.
#include "tests/check.h"

#include "tests/io/image_folder.h"

int main(int argc, char **argv)
{
    test_folder folder;
    if (argc != 2) return 64;
    snprintf(folder.path, sizeof folder.path, "%s", argv[1]);
    for (int class = 0; class < 3; class ++) {
        char name[32];
        snprintf(name, sizeof name, "class%d", class);
        image_folder_class(&folder, name);
        for (int i = 0; i < 12; i++) {
            bool png = i == 5;
            snprintf(name, sizeof name, "class%d/%02d.%s", class, i, png ? "png" : "jpg");
            if (png)
                image_folder_png(&folder, name, 30, 41, 60 * class);
            else
                image_folder_pattern(&folder, name, 24 + 5 * i, 60 - 3 * i, 9 * class + i / 4);
        }
    }
    return 0;
}
